import type { EvaluationSpec } from "../contracts/spec.ts";
import { dataResidual as residual, meanAndStd } from "../inference/evaluate.ts";
import { misfitsOf, type NoiseLaw, noiseLaw, replicatedMisfits } from "../inference/predictive.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { smoothIllumination, whitenerOf } from "../linalg/mod.ts";
import { sizeOf } from "../base/shape.ts";
import type { Estimate } from "../methods/method.ts";
import {
  allAbsent,
  type Figures,
  figuresOf,
  joined,
  type Judgement,
  type Metric,
  metrics,
  predictiveCheck,
  type ReferenceMoments,
  twins,
} from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { PREDICTIVE_SAMPLES, PRIOR_DRAWS, TWIN } from "../plan/effort.ts";

/** Computes the metrics of an estimate of an observation, and the reasons of those that cannot be computed. */
export type Judge = (
  estimate: Estimate,
  observation: Observation,
  options: {
    reference?: ReferenceMoments;
    /** Why an observation has no reference although its problem should have one. */
    unreferenced?: string;
    key: Key;
  },
) => Promise<Figures>;

/** Marks metrics as absent for one common reason. */
export function unjudged({ metrics: wanted }: Pick<EvaluationSpec, "metrics">, reason: string): Figures {
  return allAbsent(wanted.flatMap((name) => metrics[name].gives), reason);
}

/** Prepares the inputs of the metrics of a scenario. Only the inputs that these metrics use are computed. */
export async function scenarioJudge(
  problem: Problem,
  { settings, key }: { settings: EvaluationSpec; key: Key },
): Promise<Judge> {
  const { survey, noise } = problem, wanted = (name: string) => settings.metrics.includes(name);
  const priorVariance = wanted("contraction") ? await priorVariances(problem, fold(key, "prior")) : undefined;
  const lit = wanted("coverage-by-illumination") && survey.domain.kind === "image";
  const illumination = lit
    ? await smoothIllumination(survey.stacked, {
      key: fold(key, "illumination"),
      whiten: whitenerOf(problem),
    })
    : undefined;
  const predicts = wanted("predictive");
  const law = predicts && !survey.simulator ? noiseLaw(problem, fold(key, "noise law")) : undefined;
  return async ({ method, mean, std, samples, diagnostics }, { truth, data }, options) => {
    const { key, unreferenced } = options, reference = method === "reference" ? undefined : options.reference;
    const checked = predicts ? samples?.subarray(0, PREDICTIVE_SAMPLES * truth.length) : undefined;
    const seen = joined([
      await figuresOf(["dataResidual"], async () => ({
        dataResidual: await residual(mean, { survey, noise, data }),
      })),
      await figuresOf(["predictive"], async () => ({
        predictive: checked && await predictivePValue(problem, { samples: checked, data, law, key }),
      })),
    ]);
    const input = {
      truth,
      mean,
      std,
      samples,
      space: survey.domain,
      mask: survey.mask,
      ...seen.values,
      priorVariance,
      illumination,
      reference,
      key: fold(key, method),
    };
    const asked = settings.metrics.map((name) => metrics[name]), names = asked.flatMap(({ gives }) => gives);
    const beside = [...twins, ...reference?.exact && !wanted("c2st") ? [TWIN_TEST] : []];
    const judged = [...asked, ...beside].map(({ gives, evaluate }) =>
      figuresOf(gives, () => evaluate(input))
    );
    const blind = Object.entries(seen.absent).filter(([name]) => names.includes(name));
    const alone = samples && method !== "reference" ? unreferenced : undefined;
    return joined([
      ...await Promise.all(judged),
      await figuresOf([], () => diagnostics ?? {}),
      { values: {}, absent: Object.fromEntries(blind) },
      ...alone === undefined ? [] : [allAbsent([...twins, TWIN_TEST].flatMap(({ gives }) => gives), alone)],
    ]);
  };
}

/**
 * C2ST against an exact posterior. It is computed by default if it takes seconds: for few unknowns, and a fixed
 * number of samples from each set.
 */
const TWIN_TEST: Metric = {
  gives: metrics.c2st.gives,
  evaluate(input: Judgement) {
    const size = input.truth.length;
    if (size > TWIN.unknowns) return {};
    return metrics.c2st.evaluate({ ...input, samples: input.samples?.subarray(0, TWIN.samples * size) });
  },
};

/** Pointwise variance of the prior. It is exact for a Gaussian prior and estimated from draws for any other. */
async function priorVariances({ prior }: Problem, key: Key): Promise<Float64Array> {
  const size = sizeOf(prior.space);
  if (prior.gaussian) {
    const { covariance } = prior.gaussian;
    return Float64Array.from({ length: size }, (_, i) => covariance[i * (size + 1)]);
  }
  const { std } = meanAndStd(await prior.sample(key, PRIOR_DRAWS), size);
  return Float64Array.from(std, (v) => v * v);
}

/**
 * Posterior predictive p-value `P(T(d_rep, x) >= T(d, x))` over samples x, flat [n, size], and data replicated by the
 * noise model (Gelman, Meng, Stern 1996). A simulator draws one replicate a sample; else the noise's law has them all.
 */
async function predictivePValue(
  problem: Problem,
  { samples, data, law, key }: { samples: Float32Array; data: Float32Array; law?: NoiseLaw; key: Key },
): Promise<number> {
  const observed = await misfitsOf(problem, { samples, data }), { simulator } = problem.survey;
  if (law) {
    const { degreesOfFreedom, scale } = law;
    return predictiveCheck([...observed.map((t) => t / scale)], { degreesOfFreedom }).predictive.value;
  }
  const size = samples.length / observed.length;
  const replicated = replicatedMisfits(simulator!, { samples, size, key });
  return observed.reduce((sum, t, k) => sum + Number(replicated[k] >= t), 0) / observed.length;
}
