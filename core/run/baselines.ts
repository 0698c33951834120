import type { Survey } from "../contracts/operator.ts";
import type { Spec } from "../contracts/spec.ts";
import type { Vector } from "../contracts/vector.ts";
import { observe, type Problem } from "../inference/simulate.ts";
import { cgls, type CglsOptions, illuminationPreconditioner, sizeOf } from "../linalg/mod.ts";
import { fold } from "../random.ts";
import { CGLS, LSRTM } from "./effort.ts";
import type { GaussianPosteriors, GaussianPrior } from "./gaussian.ts";
import type { Baseline, Estimate } from "./scenario_stage.ts";
import type { Nominal, RunContext, Simulated } from "./training_stage.ts";

/** The spec's baselines, their settings chosen on training data, or on draws of the prior where there is none. */
export async function baselinesFor(
  spec: Spec,
  { nominal, context }: { nominal: Nominal | Simulated; context: RunContext },
): Promise<Baseline[]> {
  const { problem } = nominal, baselines: Baseline[] = [];
  if (spec.evaluation.baselines.includes("cgls")) {
    const x = "pairs" in nominal
      ? nominal.pairs.x
      : await problem.prior.sample(fold(context.key, "tuning"), CGLS.tuningImages);
    const damping = await tunedDamping(problem, x, context);
    context.progress.say(`  least squares: damping ${damping.toPrecision(3)} chosen on training data`);
    baselines.push(leastSquares(damping));
  }
  if (spec.evaluation.baselines.includes("lsrtm")) baselines.push(leastSquaresMigration(context));
  for (const [method, prior] of GAUSSIAN) {
    if (!spec.evaluation.baselines.includes(method)) continue;
    baselines.push(gaussian({ method, prior }, { posteriors: nominal.reference.gaussian, spec }));
  }
  return baselines;
}

const GAUSSIAN = [["gaussian", "learned"], ["hierarchical", "hierarchical"]] as const;

/** A Gaussian posterior under what the training unknowns say of the prior. */
function gaussian(
  { method, prior }: { method: string; prior: GaussianPrior },
  { posteriors, spec }: { posteriors: GaussianPosteriors; spec: Spec },
): Baseline {
  return async (model, { data }, key) => {
    const posterior = await posteriors(model, prior), n = spec.evaluation.samples;
    const { mean, std, samples } = await posterior.draw(data, { key: fold(key, method), n });
    return { method, mean, std, samples };
  };
}

/** Least squares `min |W(Jx - d)|^2 + damping^2 |x|^2` by CGLS. */
function leastSquares(damping: number): Baseline {
  return async (problem, { data }) => ({
    method: "cgls",
    ...await solve({ ...problem, data }, { iterations: CGLS.iterations, damping }),
  });
}

/** Least-squares migration: few iterations without damping, all depths made equally bright. */
function leastSquaresMigration({ key }: RunContext): Baseline {
  const known = new Map<Survey, Promise<Float64Array>>();
  return async (problem, { data }) => {
    const { survey } = problem, whiten = whitener(problem);
    const found = known.get(survey) ??
      illuminationPreconditioner(survey.stacked, { key: fold(key, "illumination"), whiten });
    known.set(survey, found);
    const precondition = await found;
    return { method: "lsrtm", ...await solve({ ...problem, data }, { ...LSRTM, precondition }) };
  };
}

function whitener({ survey, noise }: Pick<Problem, "survey" | "noise">): (r: Vector) => Vector {
  return (r) => noise.whiten(r, survey.shotRange);
}

async function solve(
  problem: Pick<Problem, "survey" | "noise"> & { data: Float32Array },
  options: CglsOptions,
): Promise<Pick<Estimate, "mean" | "misfits">> {
  const { x, residuals } = await cgls(problem.survey.stacked, problem.data, {
    ...options,
    whiten: whitener(problem),
  });
  return { mean: new Float32Array(x), misfits: residuals };
}

/** The damping with the smallest error on a few training unknowns. */
async function tunedDamping(
  { survey, noise }: Problem,
  x: Float32Array,
  { key }: RunContext,
): Promise<number> {
  const size = sizeOf(survey.domain);
  const free = survey.mask.reduce((a, b) => a + b, 0) * x.length / size;
  const rms = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / free);
  const errors = CGLS.candidates.map(() => 0);
  for (let i = 0; i < CGLS.tuningImages; i++) {
    const truth = x.subarray(i * size, (i + 1) * size);
    const data = await observe({ survey, noise }, truth, fold(fold(key, "tuning"), i));
    for (const [c, candidate] of CGLS.candidates.entries()) {
      const { mean } = await solve({ survey, noise, data }, {
        iterations: CGLS.iterations,
        damping: candidate / rms,
      });
      errors[c] += mean.reduce((sum, v, k) => sum + (v - truth[k]) ** 2, 0);
    }
  }
  return CGLS.candidates[errors.indexOf(Math.min(...errors))] / rms;
}
