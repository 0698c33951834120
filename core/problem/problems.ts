import type { Survey } from "../contracts/operator.ts";
import type { ProblemSpec, Spec } from "../contracts/spec.ts";
import type { Space } from "../contracts/vector.ts";
import { type Problem, signalRms } from "../inference/simulate.ts";
import { fold, type Key } from "../base/random.ts";
import { referenceDraws } from "../plan/fixed_settings.ts";
import { canonicalJson } from "../base/files.ts";
import { type GaussianService, gaussianService } from "./gaussian_service.ts";
import type { Node } from "../store/graph.ts";
import { build, buildPrior, type ResolveContext } from "../registry/build.ts";
import type { RunContext } from "../store/context.ts";

/**
 * Quantities of the training problem that other problems refer to: the RMS of clean training data, the sigma of the
 * training noise, and the space of a shot's data.
 */
interface TrainingReference {
  readonly signalRms: number;
  readonly sigma?: number;
  /** One shot's data. */
  readonly shotRange: Space;
  readonly gaussian: GaussianService;
}

/** The nominal problem, and the quantities that the noise levels and summaries of other scenarios refer to. */
interface Nominal {
  readonly problem: Problem;
  readonly reference: TrainingReference;
}

/** The problems of one run. Each is built when a stage first uses it. */
export interface Problems {
  /** RMS of clean nominal data. */
  readonly reference: Node<number>;
  nominal(): Promise<Nominal>;
  of(scenario: ProblemSpec): Promise<Problem>;
  /** Ends the workers of Gaussian posteriors. */
  close(): Promise<void>;
}

export function openProblems(spec: Spec, context: RunContext): Problems {
  const { prior, operator, seed } = spec, built = new Map<string, Promise<Problem>>();
  const reference = context.graph.node(
    "reference",
    { reads: { prior, operator, seed, draws: referenceDraws(spec) } },
    () => referenceRms(spec, context),
  );
  let opened: Promise<Nominal> | undefined;
  const nominal = () => opened ??= nominalProblem(spec, { signalRms: reference.get(), context });
  return {
    reference,
    nominal,
    of(scenario) {
      const id = canonicalJson([scenario.prior, scenario.operator, scenario.noise]);
      const problem = built.get(id) ?? scenarioProblem(spec, { scenario, nominal: nominal(), context });
      built.set(id, problem);
      return problem;
    },
    close: async () => await opened?.then(({ reference }) => reference.gaussian.close(), () => {}),
  };
}

/** The key that training pairs are simulated with. */
export function simulateKey({ key }: Pick<RunContext, "key">): Key {
  return fold(key, "simulate");
}

async function referenceRms(spec: Spec, context: RunContext): Promise<number> {
  const survey = await context.surveys.get(spec.operator), prior = await buildPrior(spec, survey, context);
  return await signalRms(survey, await prior.sample(fold(simulateKey(context), "x"), referenceDraws(spec)));
}

async function nominalProblem(
  spec: Spec,
  { signalRms, context }: { signalRms: Promise<number>; context: RunContext },
): Promise<Nominal> {
  const rms = await signalRms, survey = await context.surveys.get(spec.operator);
  const { shotRange } = survey, gaussian = gaussianService(spec, { survey, context });
  const reference = { signalRms: rms, shotRange, gaussian };
  const problem = await buildProblem(spec, { scenario: spec, survey, reference, context });
  return { problem, reference: { ...reference, sigma: problem.noise.sigma } };
}

async function scenarioProblem(
  spec: Spec,
  { scenario, nominal, context }: { scenario: ProblemSpec; nominal: Promise<Nominal>; context: RunContext },
): Promise<Problem> {
  const { reference } = await nominal, survey = await context.surveys.get(scenario.operator);
  return await buildProblem(spec, { scenario, survey, reference, context });
}

/** Builds the problem of one scenario on its survey. */
async function buildProblem(
  spec: Spec,
  { scenario, survey, reference, context }: {
    scenario: ProblemSpec;
    survey: Survey;
    reference: TrainingReference;
    context: ResolveContext;
  },
): Promise<Problem> {
  const { registry } = context;
  const prior = await buildPrior(scenario, survey, context);
  const noise = await build(registry, "noise", {
    declaration: scenario.noise,
    context: { survey, signalRms: reference.signalRms, trainingSigma: reference.sigma },
  });
  const summary = await build(registry, "summary", {
    declaration: spec.summary,
    context: {
      survey,
      noise,
      trainingRange: reference.shotRange,
      gaussian: (prior) => reference.gaussian.posterior({ survey, noise }, prior),
    },
  });
  return { prior, survey, noise, summary };
}
