import type { Params } from "../contracts/flow.ts";
import type { Survey } from "../contracts/operator.ts";
import { dispose, scope } from "../engine/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { fittedObjective, type FittedParts } from "./correction_objective.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { drawPosterior, type FittedCorrection } from "./draw.ts";

/** Latents whose posterior samples are held against the sources that the fit does not see. */
export const HELD_LATENTS = 8;
/** Passes without a gain on those sources after which the fit stops. */
const PATIENCE = 2;

/**
 * Fits a correction to one observation by the reverse KL divergence from its target, see {@link fittedObjective}.
 * Every step draws `samples` fresh z and one encoded source, and costs one J and one J^T solve per sample. Where
 * sources are held out, the pass that explains them best is kept, be it none. A correction of the summary has nothing
 * to fit: it conditions the flow on another summary, and pools the samples with those of the Gaussian posterior that
 * this is of.
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

/** The parameters after the last pass, or after the one that explains held-out sources best. */
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

/** Misfit of the sources that no step sees, of the same latents at every call; absent where no source is held out. */
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

/** Samples that are kept of the Gaussian posterior under the prior that the data tell. */
const POOLED = 256;

async function adapted({ summary, observation }: CorrectionProblem, key: Key) {
  const found = await summary.adapted?.(observation.data, { key: fold(key, "pool"), n: POOLED });
  if (found) return found;
  throw new Error(`The summary "${summary.space.name}" has no prior of its own that the data could tell.`);
}

/** Says before each step whether another one as dear as the dearest so far keeps within a number of solves. */
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
