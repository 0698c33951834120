import type { Judgement, ReferenceMoments } from "../contracts/metric.ts";
import type { Plugin } from "../contracts/plugin.ts";
import type { EvaluationSpec } from "../contracts/spec.ts";
import { dataResidual as residual, meanAndStd } from "../inference/evaluate.ts";
import { misfitsOf, type NoiseLaw, noiseLaw, replicatedMisfits } from "../inference/predictive_misfits.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { smoothIllumination, whitenerOf } from "../linalg/mod.ts";
import { sizeOf } from "../base/shape.ts";
import type { Estimate } from "../methods/method.ts";
import { allAbsent, type Figures, figuresOf, joined, predictiveCheck } from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { PREDICTIVE_SAMPLES, PRIOR_DRAWS } from "../plan/fixed_settings.ts";
import { measured, neededInputs } from "../registry/metrics.ts";
import type { Registry } from "../registry/registry.ts";

/** Computes the metrics of an estimate of an observation, and the reasons of those that cannot be computed. */
type Judge = (
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
export function unjudged(
  { metrics }: Pick<EvaluationSpec, "metrics">,
  { registry, reason }: { registry: Registry; reason: string },
): Figures {
  return absentAll(measured(metrics, registry).listed, reason);
}

function absentAll(metrics: readonly Plugin<"metric">[], reason: string): Figures {
  return allAbsent(metrics.flatMap(({ gives }) => Object.keys(gives)), reason);
}

/** Prepares the inputs of the metrics of a scenario. Only the inputs that these metrics need are computed. */
export async function scenarioJudge(
  problem: Problem,
  { settings: { metrics }, registry, key }: { settings: EvaluationSpec; registry: Registry; key: Key },
): Promise<Judge> {
  const { survey, noise } = problem, { listed, beside } = measured(metrics, registry);
  const needed = neededInputs(metrics, registry), predicts = needed.has("predictive");
  const priorVariance = needed.has("priorVariance")
    ? await priorVariances(problem, fold(key, "prior"))
    : undefined;
  const lit = needed.has("illumination") && survey.domain.kind === "image";
  const illumination = lit
    ? await smoothIllumination(survey.stacked, {
      key: fold(key, "illumination"),
      whiten: whitenerOf(problem),
    })
    : undefined;
  const law = predicts && !survey.simulator ? noiseLaw(problem, fold(key, "noise law")) : undefined;
  return async ({ method, mean, std, samples, diagnostics }, { truth, data }, options) => {
    const { key, unreferenced } = options, reference = method === "reference" ? undefined : options.reference;
    const checked = predicts ? samples?.subarray(0, PREDICTIVE_SAMPLES * truth.length) : undefined;
    const fit = joined([
      await figuresOf(["dataResidual"], async () => ({
        dataResidual: needed.has("dataResidual") ? await residual(mean, { survey, noise, data }) : undefined,
      })),
      await figuresOf(["predictive"], async () => ({
        predictive: checked && await predictivePValue(problem, { samples: checked, data, law, key }),
      })),
    ]);
    const judgement: Judgement = {
      truth,
      mean,
      std,
      samples,
      space: survey.domain,
      mask: survey.mask,
      ...fit.values,
      priorVariance,
      illumination,
      reference,
      key: fold(key, method),
    };
    const alone = samples && method !== "reference" ? unreferenced : undefined;
    const besideReference = [...listed, ...beside].filter((metric) => metric.besideReference);
    return joined([
      ...await Promise.all(listed.map((metric) => figuresBy(metric, judgement, fit.absent))),
      ...await Promise.all(beside.map((metric) => twinFigures(metric, judgement, fit.absent))),
      await figuresOf([], () => diagnostics ?? {}),
      ...alone === undefined ? [] : [absentAll(besideReference, alone)],
    ]);
  };
}

/** The numbers of a metric. They are absent if the data do not allow one of its inputs; `absent` gives the reason. */
async function figuresBy(
  metric: Plugin<"metric">,
  judgement: Judgement,
  absent: Figures["absent"],
): Promise<Figures> {
  const lacking = metric.needs.find((input) => absent[input] !== undefined);
  if (lacking !== undefined) return absentAll([metric], absent[lacking]);
  const evaluate = await metric.build({}, {});
  return figuresOf(Object.keys(metric.gives), () => evaluate(judgement));
}

/** The numbers of a metric that is measured beside a reference, within the limits that it sets itself. */
function twinFigures(
  metric: Plugin<"metric">,
  judgement: Judgement,
  absent: Figures["absent"],
): Promise<Figures> {
  const { reference, truth, samples } = judgement;
  const { exact = false, unknowns = Infinity, samples: most = Infinity } = metric.besideReference!;
  if (!reference || (exact && !reference.exact) || truth.length > unknowns) return figuresOf([], () => ({}));
  const first = samples?.subarray(0, Math.min(samples.length, most * truth.length));
  return figuresBy(metric, { ...judgement, samples: first }, absent);
}

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
