import type { CorrectionCost, FlowCost, Resources, SummaryCost, WavefieldPlan } from "../contracts/cost.ts";
import type { Declaration, LearningSpec, Scenario, Spec, TrainingSpec } from "../contracts/spec.ts";
import { corrects, learns } from "../spec/mod.ts";
import { judgedPasses } from "./tradeoff.ts";
import { AMPLITUDES, ROUGHNESSES } from "../inference/hierarchy.ts";
import { flowShapes } from "../inference/standardize.ts";
import { PROBES, sizeOf } from "../linalg/mod.ts";
import {
  baselineApplications,
  CGLS,
  cglsApplications,
  fitsOf,
  passesOf,
  PREDICTIVE_SAMPLES,
  referenceDraws,
} from "./effort.ts";
import { canonicalJson } from "./files.ts";
import {
  CORE_SPEED,
  correctionCost,
  keptBackgrounds,
  posteriorSolves,
  type PricedOperator,
  pricedOperator,
  shots,
  solveSeconds,
} from "./prices.ts";
import type { Registry } from "./registry.ts";

/** Work of one stage of a run. */
export interface PlannedStage {
  readonly name: string;
  /** Wave-equation solves, backgrounds among them. */
  readonly solves: number;
  readonly seconds: number;
}

export interface Plan {
  readonly cores: number;
  readonly stages: readonly PlannedStage[];
  /** Bytes of what is largest in memory. */
  readonly memory: readonly { readonly name: string; readonly bytes: number }[];
  /** What becomes of the background wavefields of all sources. */
  readonly wavefields: WavefieldPlan;
}

/** Prices a spec from what its components say of themselves; nothing where its operator says nothing. */
export function planOf(
  spec: Spec,
  { registry, resources }: { registry: Registry; resources: Resources },
): Plan | undefined {
  const operatorCost = (declaration: Declaration) => pricedOperator(declaration, { registry, resources });
  const operator = operatorCost(spec.operator);
  if (!operator) return undefined;
  const cores = resources.workers, flops = learns(spec) ? flowFlops(spec, { registry, operator }) : 0;
  const { kind: summary, ...summaryOptions } = spec.summary,
    { kind: correction, ...options } = spec.correction;
  const summaryCost = registry.get("summary", summary).cost?.(summaryOptions) as SummaryCost | undefined;
  const { changes } = registry.get("correction", correction).cost?.(options) as Partial<CorrectionCost> ?? {};
  const work: Work = {
    spec,
    cores,
    flops,
    summary: summaryCost ?? { solves: 0, linear: true, image: false },
    adapts: changes === "summary",
    finetunes: changes === "weights",
    steps: learns(spec) ? spec.correction.passes * operator.sources : 0,
  };
  const firstTime = newcomers();
  firstTime("backgrounds", spec.operator);
  if (work.summary.gaussian) firstTime("posterior", spec.operator, spectrumOf(spec.noise));
  const gaussian = work.summary.gaussian || gaussianBaselines(spec) > 0;
  const scenarios = spec.scenarios.map((scenario) =>
    scenarioCost(work, {
      scenario,
      operator: operatorCost(scenario.operator) ?? operator,
      fresh: firstTime("backgrounds", scenario.operator),
      probed: firstTime("probes", scenario.operator),
      posterior: gaussian && firstTime("posterior", scenario.operator, spectrumOf(scenario.noise)),
    })
  );
  return {
    cores,
    stages: [
      ...assemblyCost(spec, { cores, operatorCost }),
      simulateCost(work, operator),
      ...(learns(spec) ? [trainCost(spec, work), ...detectionCost(work, operator)] : []),
      baselineCost(work, operator),
      ...scenarios,
    ],
    memory: memoryOf(work, operator),
    wavefields: operator.plan,
  };
}

/** A noise but for its level: what a Gaussian posterior solves waves for is the same at all levels. */
function spectrumOf({ level: _level, ...spectrum }: Declaration): unknown {
  return spectrum;
}

/** Whether something is named for the first time. */
function newcomers(): (...name: unknown[]) => boolean {
  const known = new Set<string>();
  return (...name) => {
    const id = canonicalJson(name), first = !known.has(id);
    known.add(id);
    return first;
  };
}

interface Work {
  readonly spec: Spec;
  readonly cores: number;
  /** Of the flow's forward for one sample. */
  readonly flops: number;
  readonly summary: SummaryCost;
  /** Whether the correction takes the summary again under the prior that the data tell. */
  readonly adapts: boolean;
  /** Whether it fits the flow's weights. */
  readonly finetunes: boolean;
  /** Of one correction; 0 where it has nothing to fit. */
  readonly steps: number;
}

function flowFlops(
  spec: LearningSpec,
  { registry, operator }: { registry: Registry; operator: PricedOperator },
): number {
  const { domain, shotRange, sources } = operator;
  const image = domain.length === 2, data = sources * product(shotRange);
  const shapes = flowShapes({
    x: { name: "x", shape: domain },
    y: { name: "y", shape: image ? domain : [data] },
  });
  const { kind, ...options } = spec.flow;
  return (registry.get("flow", kind).cost?.(options, shapes) as FlowCost | undefined)?.flops ?? 0;
}

/** Explicit matrices of every operator that wants them, before anything else. */
function assemblyCost(
  { scenarios }: Spec,
  { cores, operatorCost }: { cores: number; operatorCost: (o: Declaration) => PricedOperator | undefined },
): PlannedStage[] {
  const distinct = new Map(
    scenarios.map(({ operator }) => [canonicalJson(operator), operatorCost(operator)]),
  );
  const assembled = [...distinct.values()].flatMap((operator) =>
    operator?.assembly?.instead ? [operator] : []
  );
  if (assembled.length === 0) return [];
  return [{
    name: "assemble",
    solves: assembled.reduce((sum, { assembly }) => sum + assembly!.solves, 0),
    seconds: assembled.reduce(
      (sum, operator) => sum + solveSeconds(operator.assembly!.solves, { operator, cores }),
      0,
    ),
  }];
}

/** Per pair J of the signal and a summary of signal and of noise; before that, the noise level's reference draws. */
function simulateCost({ spec, cores, summary }: Work, operator: PricedOperator): PlannedStage {
  const pairs = spec.training?.pairs ?? 0, { sources } = operator;
  const applications = referenceDraws(spec) + pairs * (1 + (summary.linear ? 2 : 1) * summary.solves);
  const backgrounds = keptBackgrounds(operator);
  const posterior = summary.gaussian ? posteriorSolves(operator) : 0;
  const solves = backgrounds + posterior + shots(applications * sources, operator);
  const name = learns(spec) ? "simulate" : "reference";
  return { name, solves, seconds: solveSeconds(solves, { operator, cores }) };
}

/** Multiples of `forward`: a gradient recomputes the conditioner and differentiates its inputs and its weights. */
const GRADIENT = 4, INVERSE = 1, PULLBACK = 2;

/** How the pairs are split, and how many steps the training takes. */
export function trainingPlan(
  { pairs, validation, batch, epochs }: TrainingSpec,
): { trained: number; held: number; steps: number } {
  const held = Math.max(1, Math.round(pairs * validation)), trained = pairs - held;
  return { trained, held, steps: epochs * Math.max(1, Math.floor(trained / batch)) };
}

function trainCost({ training }: LearningSpec, { cores, flops }: Work): PlannedStage {
  const { held, steps } = trainingPlan(training);
  const samples = GRADIENT * steps * training.batch / cores + training.epochs * held;
  return { name: "train", solves: 0, seconds: samples * flops / CORE_SPEED.flops };
}

/** Nominal observations, the residual of each one's amortized mean, and J and J^T of its latent score. */
function detectionCost({ spec, cores, summary }: Work, operator: PricedOperator): PlannedStage[] {
  const { detection } = spec.evaluation,
    solves = shots(detection * (4 + summary.solves) * operator.sources, operator);
  return detection > 0
    ? [{ name: "detection", solves, seconds: solveSeconds(solves, { operator, cores }) }]
    : [];
}

/** The search for the damping of least squares. */
function baselineCost({ spec, cores }: Work, operator: PricedOperator): PlannedStage {
  if (!spec.evaluation.baselines.includes("cgls")) return { name: "baselines", solves: 0, seconds: 0 };
  const fits = CGLS.candidates.length * cglsApplications(CGLS.iterations);
  const solves = shots(CGLS.tuningImages * (1 + fits) * operator.sources, operator);
  return { name: "baselines", solves, seconds: solveSeconds(solves, { operator, cores }) };
}

/** Per observation: data and summary, baselines, the correction one encoded source at a time, a residual per method. */
function scenarioCost(
  { spec, cores, flops, summary, steps, adapts, finetunes }: Work,
  { scenario, operator, fresh, probed, posterior }: {
    scenario: Scenario;
    operator: PricedOperator;
    /** Whether its backgrounds, its illumination, its Gaussian posterior are still to be computed. */
    fresh: boolean;
    probed: boolean;
    posterior: boolean;
  },
): PlannedStage {
  const { observations, samples, baselines, ...evaluation } = spec.evaluation, { sources } = operator;
  const calibration = learns(spec) ? evaluation.calibration : undefined;
  const snapshots = evaluation.tradeoff && steps > 0 ? judgedPasses(spec.correction.passes).length : 0;
  const methods = learnedMethods(spec) + snapshots + Number(summary.image) + baselines.length;
  const fits = baselinesOf(spec, operator);
  const backgrounds = fresh ? keptBackgrounds(operator) : 0;
  const probes = baselines.includes("lsrtm") && probed ? shots(2 * PROBES * sources, operator) : 0;
  const { observations: calibrated = 0, corrected: refitted = false } = calibration ?? {};
  const spread = backgrounds + probes + (posterior ? posteriorSolves(operator) : 0) +
    observations *
      shots((1 + summary.solves + fits.applications + methods + checks(spec)) * sources, operator) +
    shots((illuminations(spec) + calibrated * (1 + summary.solves)) * sources, operator);
  const correction = correctionCost(spec.correction, { steps, operator });
  const adapted = adapts ? shots(summary.solves * sources, operator) : 0;
  const pictured = learns(spec) || baselines.length > 0; // a predicted shot
  const picture = pictured && !operator.assembly?.instead ? 1 : 0;
  const corrections = observations + (refitted ? calibrated : 0);
  const encoded = corrections * correction.solves + observations * (picture + fits.solves);
  const again = corrections * adapted;
  const drawn = learnedMethods(spec) * observations * samples +
    calibrated * (calibration?.samples ?? 0) * (refitted ? 2 : 1);
  // The weights' gradient; and where the trained flow is the prior, its density and the gradient of that.
  const weights = finetunes ? GRADIENT + (spec.correction.target === "latent" ? GRADIENT : 0) : 0;
  const fitWork = corrections * correction.latents * (INVERSE + PULLBACK + weights) +
    observations * fits.latents * (INVERSE + PULLBACK);
  const flowWork = (fitWork + drawn * INVERSE) * flops;
  const seconds = solveSeconds(spread + again, { operator, cores }) +
    solveSeconds(encoded, { operator, cores: 1 }) +
    flowWork / CORE_SPEED.flops;
  return { name: scenario.name, solves: spread + again + encoded, seconds };
}

/** The amortized posterior and the corrected one, where there are any. */
function learnedMethods(spec: Spec): number {
  return learns(spec) ? 1 + Number(corrects(spec)) : 0;
}

/** Baselines that are Gaussian posteriors: each takes one J^T per observation. */
function gaussianBaselines({ evaluation: { baselines } }: Spec): number {
  return baselines.filter((name) => name === "gaussian" || name === "hierarchical").length;
}

/** Per observation: applications of the baselines that solve; solves of those that fit, and the flow's latents in them. */
function baselinesOf(
  { evaluation: { baselines } }: Spec,
  operator: PricedOperator,
): { applications: number; solves: number; latents: number } {
  const { domain, sources } = operator, unknowns = product(domain);
  const fits = fitsOf(unknowns), all = baselineApplications({ unknowns, sources });
  let applications = 0, solves = 0, latents = 0;
  for (const name of baselines) {
    const fit = fits[name];
    if (!fit) {
      applications += all[name];
      continue;
    }
    const passes = passesOf(fit, sources), { samples } = fit;
    const settings = { samples, encoding: "orthogonal", holdout: 0, passes } as const;
    const cost = correctionCost(settings, { steps: passes * sources, operator });
    solves += cost.solves;
    if (name === "map") latents += cost.latents;
  }
  return { applications, solves, latents };
}

/** Applications of J or J^T per observation that metrics, detectors and the policy ask for. */
function checks(spec: Spec): number {
  const { metrics, detection } = spec.evaluation;
  const variational = Number(spec.evaluation.baselines.includes("variational"));
  const sampled = learnedMethods(spec) + gaussianBaselines(spec) + variational +
    (spec.refinement ? 1 : 0);
  const predicted = metrics.includes("predictive") ? sampled * PREDICTIVE_SAMPLES : 0;
  return predicted + (learns(spec) && detection > 0 ? 3 + (spec.policy ? 1 : 0) : 0);
}

/** Applications of J and J^T that tell how well each cell is lit. */
function illuminations({ evaluation }: Spec): number {
  return evaluation.metrics.includes("coverage-by-illumination") ? 2 * PROBES : 0;
}

const F32 = 4;
/**
 * Dense matrices that a Gaussian posterior holds at once: the prior's and the data's, their factors and products; for
 * the hierarchical one half a matrix for each factor, its product with the data's, and each member's posterior.
 */
const DENSE_MATRICES = {
  learned: 4,
  hierarchical: 2 + ROUGHNESSES.length * (2 + AMPLITUDES.length) / 2,
} as const;

function memoryOf({ spec, summary, adapts }: Work, operator: PricedOperator): Plan["memory"] {
  const { domain, shotRange, sources, plan, assembledBytes = 0 } = operator;
  const size = product(domain), { baselines } = spec.evaluation;
  const priors = [
    ...baselines.includes("gaussian") || summary.gaussian === "learned" ? ["learned" as const] : [],
    ...baselines.includes("hierarchical") || summary.gaussian === "hierarchical" || adapts
      ? ["hierarchical" as const]
      : [],
  ];
  const matrices = priors.reduce((sum, prior) => sum + DENSE_MATRICES[prior], 0);
  const parts = [
    { name: "background wavefields", bytes: plan.where === "file" ? 0 : plan.bytes },
    { name: "training pairs", bytes: (spec.training?.pairs ?? 0) * 3 * size * F32 },
    { name: "data of an observation", bytes: sources * product(shotRange) * F32 },
    { name: "posterior samples", bytes: learns(spec) ? 2 * spec.evaluation.samples * size * F32 : 0 },
    {
      name: "dense Gaussian posteriors",
      bytes: priors.length > 0 ? assembledBytes + matrices * size ** 2 * F32 : 0,
    },
  ];
  return parts.filter(({ bytes }) => bytes > 0);
}

function product(shape: readonly number[]): number {
  return sizeOf({ name: "", shape });
}
