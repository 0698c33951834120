import type { LinearOperator, Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Spec } from "../contracts/spec.ts";
import {
  learnCovariance,
  type LinearGaussianPosterior,
  linearGaussianPosterior,
} from "../inference/gaussian.ts";
import { observe, type Problem } from "../inference/simulate.ts";
import { splitPairs } from "../inference/train.ts";
import { cgls, sizeOf } from "../linalg/mod.ts";
import { fold } from "../random.ts";
import { CGLS } from "./effort.ts";
import type { Baseline } from "./scenario_stage.ts";
import type { RunContext, Simulated } from "./training_stage.ts";

/** The spec's baselines, their settings chosen on training data. */
export async function baselinesFor(
  spec: Spec,
  { simulated, context }: { simulated: Simulated; context: RunContext },
): Promise<Baseline[]> {
  const { problem, pairs } = simulated;
  const baselines: Baseline[] = [];
  if (spec.evaluation.baselines.includes("cgls")) {
    const damping = await tunedDamping(problem, pairs.x, context);
    context.progress.say(`  least squares: damping ${damping.toPrecision(3)} chosen on training data`);
    baselines.push(leastSquares(damping));
  }
  if (spec.evaluation.baselines.includes("gaussian")) {
    baselines.push(await linearGaussian(spec, { simulated, context }));
  }
  return baselines;
}

/** The linear Gaussian posterior under the covariance of the training unknowns. */
async function linearGaussian(
  spec: Spec,
  { simulated: { problem: { survey, prior: { space } }, pairs }, context }: {
    simulated: Simulated;
    context: RunContext;
  },
): Promise<Baseline> {
  if (!survey.assemble) {
    throw new Error(
      `The gaussian baseline needs an operator that can be assembled; ${spec.operator.kind} cannot.`,
    );
  }
  const split = splitPairs(pairs.n, {
    validation: spec.training.validation,
    key: fold(context.key, "train"),
  });
  const images = (indices: Uint32Array) => {
    const size = sizeOf(space), out = new Float32Array(indices.length * size);
    indices.forEach((from, i) => out.set(pairs.x.subarray(from * size, (from + 1) * size), i * size));
    return out;
  };
  const learned = await learnCovariance(
    { training: images(split.training), heldOut: images(split.validation) },
    { shape: space.shape, mask: survey.mask },
  );
  context.progress.say(`  linear Gaussian: shrinkage ${learned.shrinkage} chosen on held-out training data`);
  // Scenarios that differ in the prior alone share one posterior covariance.
  const known = new Map<Survey, Map<number, Promise<LinearGaussianPosterior>>>();
  return async ({ survey, noise }, { data }, key) => {
    const bySigma = known.get(survey) ?? new Map();
    known.set(survey, bySigma);
    if (!bySigma.has(noise.sigma)) bySigma.set(noise.sigma, linearGaussianPosterior(survey, noise, learned));
    const posterior: LinearGaussianPosterior = await bySigma.get(noise.sigma);
    return {
      method: "gaussian",
      ...await posterior.draw(data, { key: fold(key, "gaussian"), n: spec.evaluation.samples }),
    };
  };
}

/** Least squares `min |W(Jx - d)|^2 + damping^2 |x|^2` by CGLS. */
function leastSquares(damping: number): Baseline {
  return async ({ survey, noise }, { data }) => ({
    method: "cgls",
    mean: await solve({ survey, noise, data, damping }),
  });
}

async function solve(
  { survey, noise, data, damping }: {
    survey: Survey;
    noise: NoiseModel;
    data: Float32Array;
    damping: number;
  },
): Promise<Float32Array> {
  const operator: LinearOperator = survey.stacked;
  const whiten = (r: Float32Array | Float64Array) => noise.whiten(r, survey.shotRange);
  const { x } = await cgls(operator, data, { iterations: CGLS.iterations, damping, whiten });
  return new Float32Array(x);
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
      const estimate = await solve({ survey, noise, data, damping: candidate / rms });
      errors[c] += estimate.reduce((sum, v, k) => sum + (v - truth[k]) ** 2, 0);
    }
  }
  return CGLS.candidates[errors.indexOf(Math.min(...errors))] / rms;
}
