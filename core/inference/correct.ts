import type { Params } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import { dispose, scope } from "../engine/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { fittedObjective, type FittedParts } from "./correction_objective.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { drawPosterior, type FittedCorrection } from "./draw.ts";

/** Number of latents at which the misfit of the held-out sources is measured. */
export const HELD_LATENTS = 8;
/** The fit stops after this many passes in a row that do not lower the misfit of the held-out sources. */
const PATIENCE = 2;

/**
 * Fits a correction to one observation by minimising the reverse KL divergence from its target, see {@link
 * fittedObjective}. Every step draws `samples` new latents z and one encoded source. It costs one J and one J^T solve
 * per sample. If sources are held out, the result is the pass with the lowest misfit of these sources; this may be
 * the start, before any pass. A correction of the summary fits no parameters. It conditions the flow on another
 * summary. With `pool` it also returns samples of the Gaussian posterior that belongs to this summary.
 */
export async function fitCorrection(
  problem: CorrectionProblem,
  options: CorrectionOptions,
): Promise<FittedCorrection> {
  const { correction } = options;
  if (correction.changes === "summary") {
    const { summary, samples } = await adapted(problem, options.key);
    return { correction, params: {}, summary, ...correction.pool && { pooled: samples } };
  }
  const objective = fittedObjective(problem, options);
  if (Object.keys(objective.start).length === 0) return { correction, params: {} };
  return objective.fitted(
    await descend(problem.survey, options, {
      objective,
      heldOutMisfit: heldOutMisfitOf(problem, options, objective),
    }),
  );
}

/**
 * Returns the parameters after the last pass. If sources are held out, returns those of the pass with their lowest
 * misfit.
 */
export async function descend(
  survey: Survey,
  { optimizer, settings, stepsPerPass, ...options }: CorrectionOptions,
  { objective, heldOutMisfit }: {
    objective: FittedParts;
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
  const kept = heldOutMisfit ? best.params : params;
  for (const other of new Set([params, best.params])) if (other !== kept) dispose(other);
  return kept;
}

/**
 * Returns a function that gives the misfit of the held-out sources. Every call uses the same latents. Undefined if no
 * source is held out.
 */
function heldOutMisfitOf(
  { posterior, observation: { summary } }: CorrectionProblem,
  { key }: Pick<CorrectionOptions, "key">,
  { heldOut, fitted }: FittedParts,
): ((params: Params) => Promise<number>) | undefined {
  if (!heldOut) return undefined;
  const draws = { key: fold(key, "held out"), n: HELD_LATENTS, batch: HELD_LATENTS };
  return async (params) => {
    const x = await drawPosterior(posterior, summary, { ...draws, corrected: fitted(params) });
    return await heldOut(x, HELD_LATENTS);
  };
}

/** Number of samples that are stored of the Gaussian posterior whose prior is estimated from the observation. */
const POOLED = 256;

async function adapted({ summary, observation }: CorrectionProblem, key: Key) {
  const found = await summary.adapted?.(observation.data, { key: fold(key, "pool"), n: POOLED });
  if (found) return found;
  throw new Error(`The summary "${summary.space.name}" has no prior of its own that the data could tell.`);
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
