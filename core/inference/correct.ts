import type { LatentCorrection } from "../contracts/correction.ts";
import type { Params } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import { dispose, scope } from "../engine/mod.ts";
import { fold } from "../base/random.ts";
import type { Objective } from "./correction_objective.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { drawPosterior } from "./draw.ts";
import type { FittedCorrection, FittedLatents } from "./fitted_correction.ts";
import { latentDivergence } from "./latent_objective.ts";
import { weightDivergence } from "./weight_objective.ts";

/** Number of latents at which the misfit of the held-out sources is measured. */
export const HELD_LATENTS = 8;
/** The fit stops after this many passes in a row that do not lower the misfit of the held-out sources. */
const PATIENCE = 2;

/**
 * Fits a correction to one observation: of latents or of weights by {@link minimise}, of the summary by its own
 * `adapt`, which fits no parameters.
 */
export async function fitCorrection(
  problem: CorrectionProblem,
  options: CorrectionOptions,
): Promise<FittedCorrection> {
  const { correction, key } = options;
  switch (correction.changes) {
    case "latents":
      return await fitLatents(problem, { ...options, correction });
    case "weights":
      return await minimise(problem, weightDivergence(problem, { ...options, correction }), options);
    case "summary":
      return { changes: "summary", ...await correction.adapt(problem, { key }) };
  }
}

/** Fits a correction of latents to one observation by {@link minimise}. */
export async function fitLatents(
  problem: CorrectionProblem,
  options: CorrectionOptions<LatentCorrection>,
): Promise<FittedLatents> {
  return await minimise(problem, latentDivergence(problem, options), options);
}

/**
 * Minimises the reverse KL divergence of a corrected posterior from its target. Every step draws `samples` new latents
 * z and one encoded source. It costs one J and one J^T solve per sample. If sources are held out, the result is the pass
 * with the lowest misfit of these sources; this may be the start, before any pass. Without parameters it takes no step.
 */
async function minimise<F extends FittedCorrection>(
  problem: CorrectionProblem,
  objective: Objective<F>,
  options: CorrectionOptions,
): Promise<F> {
  if (Object.keys(objective.start).length === 0) return objective.fitted(objective.start);
  const heldOutMisfit = heldOutMisfitOf(problem, options, objective);
  return objective.fitted(await descend(problem.survey, options, { objective, heldOutMisfit }));
}

/**
 * Returns the parameters after the last pass. If sources are held out, returns those of the pass with their lowest
 * misfit.
 */
export async function descend(
  survey: Survey,
  { optimizer, settings, stepsPerPass, ...options }: CorrectionOptions,
  { objective, heldOutMisfit }: {
    objective: Objective;
    heldOutMisfit?: (params: Params) => Promise<number>;
  },
): Promise<Params> {
  let params = objective.start, state = scope(() => optimizer.init(params));
  const best = { params, pass: 0, misfit: await heldOutMisfit?.(params) };
  const budget = solveBudget(survey, settings.budget);
  for (let step = 0, pass = 1; step < settings.passes * stepsPerPass && budget.allows(); step++) {
    options.signal?.throwIfAborted();
    const { gradient, ...event } = await objective.gradientAt(params, step);
    const rate = optimizer.rate * settings.decay ** (pass - 1);
    const next = scope(() => optimizer.step(params, gradient, state, { step, rate }));
    for (const old of [gradient, state]) dispose(old);
    if (params !== best.params) dispose(params);
    ({ params, state } = next);
    const ends = step % stepsPerPass === stepsPerPass - 1,
      heldOut = ends ? await heldOutMisfit?.(params) : undefined;
    options.progress?.({ step: step + 1, pass, ...event, ...(heldOut !== undefined && { heldOut }) });
    if (!ends) continue;
    await options.onPass?.(objective.fitted(params), pass);
    if (heldOut === undefined || heldOut < best.misfit!) {
      dispose(best.params);
      Object.assign(best, { params, pass, misfit: heldOut });
    } else if (pass - best.pass >= PATIENCE) break;
    pass++;
  }
  dispose(state);
  const result = heldOutMisfit ? best.params : params;
  for (const other of new Set([params, best.params])) if (other !== result) dispose(other);
  return result;
}

/**
 * Returns a function that gives the misfit of the held-out sources. Every call uses the same latents. Undefined if no
 * source is held out.
 */
function heldOutMisfitOf(
  { posterior, observation: { summary } }: CorrectionProblem,
  { key }: Pick<CorrectionOptions, "key">,
  { heldOut, fitted }: Objective,
): ((params: Params) => Promise<number>) | undefined {
  if (!heldOut) return undefined;
  const draws = { key: fold(key, "held out"), n: HELD_LATENTS, batch: HELD_LATENTS };
  return async (params) => {
    const x = await drawPosterior(posterior, summary, { ...draws, corrected: fitted(params) });
    return await heldOut(x, HELD_LATENTS);
  };
}

/**
 * Limits the solves of a fit. `allows` is called before each step. It returns true if the solves so far, plus those
 * of the most expensive step so far, do not exceed `most`.
 */
function solveBudget({ solves }: Survey, most = Infinity): { allows(): boolean } {
  const start = solves.count;
  let last = start, dearest = 0;
  return {
    allows() {
      dearest = Math.max(dearest, solves.count - last);
      last = solves.count;
      return last - start + dearest <= most;
    },
  };
}
