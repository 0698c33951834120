import type { CorrectionCost, FlowCost, Resources, SummaryCost, WavefieldPlan } from "../contracts/cost.ts";
import type { MethodCost } from "../contracts/method.ts";
import type { MetricInput } from "../contracts/metric.ts";
import type { Declaration, LearningSpec, Spec, TrainingSpec } from "../contracts/spec.ts";
import { correctionCost, corrects, learns } from "../spec/mod.ts";
import { pairCounts } from "../inference/train.ts";
import { flowShapes } from "../inference/standardize.ts";
import { PROBES } from "../linalg/mod.ts";
import { declaredMethods } from "../spec/methods.ts";
import { PREDICTIVE_SAMPLES, referenceDraws } from "./fixed_settings.ts";
import {
  applying,
  assembling,
  backgrounds,
  CORE_SPEED,
  correcting,
  FREE,
  newcomers,
  type Price,
  type PricedOperator,
  pricedOperator,
  solving,
  sumOf,
} from "./prices.ts";
import { gaussianBytes, gaussianPricing, momentsPrice } from "./gaussian_price.ts";
import { neededInputs } from "../registry/metrics.ts";
import type { Registry } from "../registry/registry.ts";
import { sizeOf } from "../base/shape.ts";
import type { Space } from "../contracts/vector.ts";

/** Work of one stage of a run. */
interface PlannedStage extends Price {
  readonly name: string;
}

export interface Plan {
  readonly cores: number;
  readonly stages: readonly PlannedStage[];
  /** The largest items in memory, with their bytes. */
  readonly memory: readonly { readonly name: string; readonly bytes: number }[];
  /** Where the background wavefields of all sources are kept. */
  readonly wavefields: WavefieldPlan;
}

/**
 * Computes the cost of a spec from the costs of its components. Returns nothing if the operator gives no cost.
 * `specFolder` is the folder that relative paths in the spec start from.
 */
export function planOf(
  spec: Spec,
  { registry, resources, specFolder }: { registry: Registry; resources: Resources; specFolder?: string },
): Plan | undefined {
  const operatorOf = (declaration: Declaration) =>
    pricedOperator(declaration, { registry, resources, specFolder });
  const operator = operatorOf(spec.operator);
  if (!operator) return undefined;
  const work = workOf(spec, { registry, operator }), first = newcomers(), gaussians = gaussianPricing();
  first("backgrounds", spec.operator);
  const nominal = sumOf(
    backgrounds(operator),
    gaussians(work.summary.gaussian ? [work.summary.gaussian] : [], spec, operator),
  );
  const stages: PlannedStage[] = [
    ...assemblyCost(
      spec.scenarios.filter(({ operator }) => first("matrices", operator)).map((scenario) =>
        operatorOf(scenario.operator)
      ),
    ),
    { name: learns(spec) ? "simulate" : "reference", ...sumOf(nominal, simulateCost(work, operator)) },
    ...learns(spec) ? [trainCost(spec, { ...work, cores: resources.workers })] : [],
    ...detectionCost(work, operator),
    { name: "baselines", ...applying(sum(work.baselinesOn(operator), ({ tuning = 0 }) => tuning), operator) },
  ];
  for (const scenario of spec.scenarios) {
    const shifted = operatorOf(scenario.operator) ?? operator, probed = first("probes", scenario.operator);
    const { prior, noise } = scenario, fresh = first("problem", prior, scenario.operator, noise);
    const price = sumOf(
      first("backgrounds", scenario.operator) ? backgrounds(shifted) : FREE,
      probed ? applying(sum(work.baselinesOn(shifted), ({ perSurvey = 0 }) => perSurvey), shifted) : FREE,
      fresh ? applying(sum(work.baselinesOn(shifted), ({ perScenario = 0 }) => perScenario), shifted) : FREE,
      gaussians(work.gaussians, scenario, shifted),
      scenarioCost(work, shifted),
    );
    stages.push({ name: scenario.name, ...price });
  }
  return {
    cores: resources.workers,
    stages,
    memory: memoryOf(work, operator),
    wavefields: operator.plan,
  };
}

interface Work {
  readonly spec: Spec;
  /** Multiplications and additions of the flow's `forward` for one sample. */
  readonly flops: number;
  readonly summary: SummaryCost;
  readonly correction: CorrectionCost;
  /** Steps of one correction; 0 if it fits no parameters. */
  readonly steps: number;
  /** What the metrics need of each estimate. */
  readonly inputs: ReadonlySet<MetricInput>;
  /** Gaussian posteriors that a scenario needs. */
  readonly gaussians: readonly string[];
  /** The costs of the baselines on an operator, and how many of them give samples. */
  readonly baselinesOn: (operator: PricedOperator) => readonly MethodCost[];
  readonly sampledBaselines: number;
}

function workOf(
  spec: Spec,
  { registry, operator }: { registry: Registry; operator: PricedOperator },
): Work {
  const { kind, ...options } = spec.summary;
  const summary = registry.get("summary", kind).cost?.(options) ?? { solves: 0, linear: true, image: false };
  const correction = correctionCost(spec, registry);
  const declared = declaredMethods(spec, registry).filter(({ plugin }) => plugin.asked === "baselines");
  const baselinesOn = ({ domain, sources }: PricedOperator) => {
    const survey = { unknowns: sizeOf(domain), sources, summary: summary.solves };
    return declared.flatMap(({ plugin, options }) => plugin.cost?.(options, { survey }) ?? []);
  };
  const gaussians = [
    ...baselinesOn(operator).map(({ gaussian }) => gaussian),
    summary.gaussian,
    correction.changes === "summary" ? correction.prior : undefined,
  ];
  return {
    spec,
    flops: learns(spec) ? flowFlops(spec, { registry, operator }) : 0,
    summary,
    correction,
    steps: learns(spec) ? spec.correction.passes * operator.sources : 0,
    inputs: neededInputs(spec.evaluation.metrics, registry),
    gaussians: [...new Set(gaussians)].filter((prior) => prior !== undefined),
    baselinesOn,
    sampledBaselines: declared.filter(({ plugin }) => plugin.samples).length,
  };
}

function flowFlops(
  spec: LearningSpec,
  { registry, operator }: { registry: Registry; operator: PricedOperator },
): number {
  const { domain, shotRange, sources } = operator;
  const data: Space = { name: "data", kind: "data", shape: [sources * sizeOf(shotRange)] };
  const shapes = flowShapes({ x: domain, y: domain.kind === "image" ? domain : data });
  const { kind, ...options } = spec.flow;
  return (registry.get("flow", kind).cost?.(options, { shapes }) as FlowCost | undefined)?.flops ?? 0;
}

/** The cost of explicit matrices of all operators that need them. They are computed before anything else. */
function assemblyCost(operators: readonly (PricedOperator | undefined)[]): PlannedStage[] {
  const prices = operators.flatMap((operator) => operator?.assembly?.instead ? [assembling(operator)] : []);
  return prices.length > 0 ? [{ name: "assemble", ...sumOf(...prices) }] : [];
}

/** The cost of one summary, of an observation or of a training pair. */
function summarising({ summary: { solves, gaussian } }: Work, operator: PricedOperator): Price {
  return sumOf(applying(solves, operator), gaussian ? momentsPrice(gaussian, operator) : FREE);
}

function times(n: number, { solves, seconds }: Price): Price {
  return { solves: n * solves, seconds: n * seconds };
}

/**
 * The cost of the simulation: the reference draws of the noise level, then for each pair J of the unknown and a
 * summary of its signal and of its noise.
 */
function simulateCost(work: Work, operator: PricedOperator): Price {
  const { spec, summary } = work, pairs = spec.training?.pairs ?? 0;
  return sumOf(
    applying(referenceDraws(spec) + pairs, operator),
    times(pairs * (summary.linear ? 2 : 1), summarising(work, operator)),
  );
}

/**
 * Costs in multiples of `forward`. A gradient computes the conditioner again and differentiates it in its inputs and
 * its weights.
 */
const GRADIENT = 4, INVERSE = 1, PULLBACK = 2;

/** How the pairs are split, and how many steps the training takes. */
export function trainingPlan(
  { pairs, validation, batch, epochs }: TrainingSpec,
): { trained: number; held: number; steps: number } {
  const { trained, held } = pairCounts(pairs, validation);
  return { trained, held, steps: epochs * Math.max(1, Math.floor(trained / batch)) };
}

function trainCost(
  { training }: LearningSpec,
  { cores, flops }: { cores: number; flops: number },
): PlannedStage {
  const { held, steps } = trainingPlan(training);
  const samples = GRADIENT * steps * training.batch / cores + training.epochs * held;
  return { name: "train", solves: 0, seconds: samples * flops / CORE_SPEED.flops };
}

/**
 * The cost of learning the detectors: nominal observations, the residual of the amortized mean of each, and J and J^T
 * of its latent score.
 */
function detectionCost(work: Work, operator: PricedOperator): PlannedStage[] {
  const { spec } = work, { detection } = spec.evaluation;
  if (!learns(spec) || detection === 0) return [];
  const each = sumOf(applying(4, operator), summarising(work, operator));
  return [{ name: "detection", ...times(detection, each) }];
}

/**
 * The cost of a scenario. Each observation takes its data and summary, the baselines, the correction by one encoded
 * source per step, and a residual per method.
 */
function scenarioCost(work: Work, operator: PricedOperator): Price {
  const { spec, flops, summary, steps, correction } = work;
  const { observations, samples, baselines, ...evaluation } = spec.evaluation;
  const calibration = learns(spec) ? evaluation.calibration : undefined;
  const { observations: calibrated = 0, corrected: refitted = false } = calibration ?? {};
  const methods = learnedMethods(spec) + Number(summary.image) + baselines.length;
  const residuals = work.inputs.has("dataResidual") ? methods : 0;
  const fits = baselinesCost(work.baselinesOn(operator), operator), summarised = summarising(work, operator);
  const fit = correcting(spec.correction, { steps, operator });
  const corrections = observations + (refitted ? calibrated : 0);
  const pictured = learns(spec) || baselines.length > 0; // a predicted shot
  const picture = Number(pictured && !operator.assembly?.instead);
  const adapted = correction.changes === "summary"
    ? sumOf(applying(summary.solves, operator), momentsPrice(correction.prior, operator))
    : FREE;
  const drawn = learnedMethods(spec) * observations * samples +
    calibrated * (calibration?.samples ?? 0) * (refitted ? 2 : 1);
  // The gradient of the weights. If the trained flow is the prior, also its density and the gradient of that density.
  const weights = correction.changes === "weights"
    ? GRADIENT + (spec.correction.target === "latent" ? GRADIENT : 0)
    : 0;
  const flowWork = corrections * fit.latents * (INVERSE + PULLBACK + weights) +
    observations * fits.latents * (INVERSE + PULLBACK) + drawn * INVERSE;
  return sumOf(
    times(observations, applying(1 + fits.applications + residuals + checks(work), operator)),
    times(observations + calibrated, summarised),
    applying(illuminations(work) + calibrated, operator),
    times(corrections, sumOf(fit.price, adapted)),
    times(observations, sumOf(fits.price, solving(picture, operator, { spread: false }))),
    { solves: 0, seconds: flowWork * flops / CORE_SPEED.flops },
  );
}

/** Number of learned posteriors that a spec has: the amortized and the corrected one. */
function learnedMethods(spec: Spec): number {
  return learns(spec) ? 1 + Number(corrects(spec)) : 0;
}

/**
 * The cost of the baselines per observation: the applications of J and J^T of those that solve, the price of those
 * that fit, and the latents that the flow maps in these fits.
 */
function baselinesCost(
  baselines: readonly MethodCost[],
  operator: PricedOperator,
): { applications: number; price: Price; latents: number } {
  const fits = baselines.flatMap(({ fit }) => fit ?? []).map(({ passes, samples, flow }) => {
    const settings = { samples, encoding: "orthogonal", holdout: 0, passes } as const;
    return { flow, ...correcting(settings, { steps: passes * operator.sources, operator }) };
  });
  return {
    applications: sum(baselines, ({ applications, fit }) => fit ? 0 : applications),
    price: sumOf(
      ...fits.map(({ price }) => price),
      ...baselines.map(({ gaussian }) => gaussian ? momentsPrice(gaussian, operator) : FREE),
    ),
    latents: sum(fits, ({ flow, latents }) => flow ? latents : 0),
  };
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** Applications of J or J^T per observation that the metrics, the detectors and the policy need. */
function checks({ spec, inputs, sampledBaselines }: Work): number {
  const { detection } = spec.evaluation;
  const sampled = learnedMethods(spec) + sampledBaselines + (spec.refinement ? 1 : 0);
  const predicted = inputs.has("predictive") ? sampled * PREDICTIVE_SAMPLES : 0;
  return predicted + (learns(spec) && detection > 0 ? 3 + (spec.policy ? 1 : 0) : 0);
}

/** Applications of J and J^T that the illumination of the cells takes. */
function illuminations({ inputs }: Work): number {
  return inputs.has("illumination") ? 2 * PROBES : 0;
}

const F32 = 4;

function memoryOf({ spec, gaussians }: Work, operator: PricedOperator): Plan["memory"] {
  const { domain, shotRange, sources, plan, assembly } = operator, size = sizeOf(domain);
  const parts = [
    { name: "background wavefields", bytes: plan.where === "file" ? 0 : plan.bytes },
    { name: "training pairs", bytes: (spec.training?.pairs ?? 0) * 3 * size * F32 },
    { name: "explicit matrices", bytes: assembly?.instead ? assembly.matrices : 0 },
    { name: "data of an observation", bytes: sources * sizeOf(shotRange) * F32 },
    { name: "posterior samples", bytes: learns(spec) ? 2 * spec.evaluation.samples * size * F32 : 0 },
    { name: "dense Gaussian posteriors", bytes: gaussianBytes(gaussians, operator) },
  ];
  return parts.filter(({ bytes }) => bytes > 0);
}

/** A sentence that says where background wavefields are kept. */
export function wavefieldText({ where, bytes }: Plan["wavefields"]): string {
  if (where === "memory") return "Background wavefields are kept in memory.";
  if (where === "file") return `Background wavefields are kept in a file of up to ${bytesText(bytes)}.`;
  return "Background wavefields fit neither memory nor disk: each solve takes another one for its background.";
}

export function bytesText(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
