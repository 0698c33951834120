import type { Spec } from "../contracts/spec.ts";
import { drawPosterior, type FittedCorrection } from "../inference/draw.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { sizeOf } from "../linalg/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { judgedPasses } from "../plan/effort.ts";
import type { RunContext } from "../store/context.ts";
import { fitted, type StoredFit, type StoredParts, withFit } from "./corrected.ts";
import { detect, type Detection } from "../learning/detection.ts";
import type { Node } from "../store/graph.ts";
import type { Learned } from "../learning/learned.ts";
import { corrects } from "../spec/learning.ts";
import { attempt, type Figures, figuresOf, joined } from "../metrics/mod.ts";
import type { Estimate, Sampler } from "./method.ts";
import { applyPolicy, type PolicyOutcome, weightsOf } from "./policy.ts";
import { refine } from "./refined.ts";

/** The input of the learned methods for one observation. */
export interface LearnedTask {
  readonly spec: Spec;
  readonly learned: Learned;
  readonly observation: Node<Observation>;
  readonly problem: () => Promise<Problem>;
  readonly key: Key;
  /** Parts of the problem that are declared to differ from those of training. */
  readonly changed: readonly string[];
  /** p-value of the hypothesis that all observations of the scenario are like the training data. */
  readonly together?: Node<Figures>;
  readonly context: RunContext;
  /** Called with each event of the correction while it is fitted. */
  readonly event: (event: object) => void;
}

/** The results of the learned methods for one observation. Each is stored separately. */
export interface LearnedNodes {
  /** The estimate of each method, in the order in which the methods are judged. */
  readonly estimates: readonly (readonly [method: string, estimate: Node<Estimate>])[];
  readonly detection: Node<Detection>;
  readonly fit: Node<StoredFit>;
  /** The corrected posterior after some of the passes of the correction, if the spec asks for a trade-off. */
  readonly passes: readonly { readonly pass: number; readonly estimate: Node<Estimate> }[];
  readonly refined?: Node<Refined>;
  readonly decision?: Node<PolicyOutcome>;
}

/** A refined estimate, and the solves of its refinement. */
type Refined = Estimate & { readonly refinementSolves: number };

/**
 * The amortized, the corrected and the refined posterior of one observation, and the choice of the policy among them.
 */
export function learnedNodes(task: LearnedTask): LearnedNodes {
  const { spec, learned, observation, context: { graph } } = task;
  const amortized = drawNode(task);
  const detection = graph.node("detect", { upstream: [amortized, learned.detectors] }, async () => {
    const { posterior } = await learned.open(), { samples } = await amortized.get();
    const about = { problem: await task.problem(), observation: await observation.get(), samples: samples! };
    return await detect(await learned.detectors.get(), { posterior, ...about });
  });
  const fit = fitNode(task), refined = refinedNode(task, fit);
  const corrected = corrects(spec) ? drawNode(task, fit) : undefined;
  return {
    estimates: [
      ["amortized", amortized],
      ...corrected ? [["corrected", corrected] as const] : [],
      ...refined ? [["refined", refined] as const] : [],
    ],
    detection,
    fit,
    passes: passesOf(spec).map((pass) => ({ pass, estimate: drawNode(task, fit, pass) })),
    refined,
    decision: spec.policy && corrected && decisionNode(task, { detection, fit, corrected, refined }),
  };
}

/** The passes after which the correction is judged while it is fitted. */
function passesOf(spec: Spec): number[] {
  const { correction, evaluation } = spec;
  return evaluation.tradeoff && corrects(spec) ? judgedPasses(correction.passes) : [];
}

/**
 * Samples of the amortized posterior. With a fit, samples of the corrected posterior at its end or after `pass`. They
 * are drawn again in each run, because that costs less than storing them.
 */
function drawNode(
  { spec, learned, observation, problem, key, context }: LearnedTask,
  fit?: Node<StoredFit>,
  pass?: number,
) {
  const { samples: n } = spec.evaluation, method = fit ? "corrected" : "amortized";
  const parts = { reads: { method, n, pass }, upstream: [learned.trained, observation, ...fit ? [fit] : []] };
  return context.graph.node<Estimate>("draw", parts, async () => {
    const opened = await learned.open(), { summary } = await observation.get();
    const options = { key: fold(key, "draw"), n };
    const draw = (corrected: FittedCorrection) =>
      drawPosterior(opened.posterior, summary, { ...options, corrected });
    const samples = fit
      ? await withFit(standing(await fit.get(), pass), opened, draw)
      : await drawPosterior(opened.posterior, summary, options);
    return { method, samples, ...meanAndStd(samples, sizeOf((await problem()).survey.domain)) };
  });
}

/** The parts of a fit at its end, or after one of its stored passes. */
function standing(fit: StoredFit, pass?: number): StoredParts {
  return pass === undefined ? fit : fit.snapshots.find((snapshot) => snapshot.pass === pass)!;
}

function fitNode({ spec, learned, observation, problem, key, context, event }: LearnedTask): Node<StoredFit> {
  const passes = passesOf(spec), { correction } = spec, upstream = [learned.trained, observation];
  const parts = { reads: { correction, ...passes.length > 0 && { passes } }, upstream };
  return context.graph.node("correct", parts, async () =>
    await fitted({
      spec,
      problem: await problem(),
      observation: await observation.get(),
      opened: await learned.open(),
      key,
      signal: context.signal,
    }, { passes, progress: event }));
}

function refinedNode(task: LearnedTask, fit: Node<StoredFit>): Node<Refined> | undefined {
  const { spec: { refinement, evaluation }, learned, observation, context } = task;
  if (!refinement) return;
  const parts = {
    reads: { refinement, samples: evaluation.samples },
    upstream: [learned.trained, observation, fit],
  };
  return context.graph.node("refine", parts, async () => {
    const opened = await learned.open(), problem = await task.problem(), { solves } = problem.survey;
    const seen = await observation.get(), before = solves.count;
    const estimate = await withFit(await fit.get(), opened, (corrected) =>
      refine(refinement, {
        posterior: opened.posterior,
        corrected,
        problem,
        observation: seen,
        samples: evaluation.samples,
        key: fold(task.key, "refine"),
        signal: context.signal,
      }));
    return { ...estimate, refinementSolves: solves.count - before };
  });
}

function decisionNode(
  task: LearnedTask,
  { detection, fit, corrected, refined }: {
    detection: Node<Detection>;
    fit: Node<StoredFit>;
    corrected: Node<Estimate>;
    refined?: Node<Refined>;
  },
): Node<PolicyOutcome> {
  const { spec: { policy }, changed, together, context } = task;
  const optional = [refined, together].flatMap((node): Node[] => node ? [node] : []);
  const upstream = [detection, fit, corrected, task.learned.detectors, ...optional];
  return context.graph.node("decide", { reads: { policy, changed }, upstream }, async () => {
    const { joint: shift } = await detection.get(), { solves: correction } = await fit.get();
    return applyPolicy(policy!, {
      evidence: {
        shift,
        together: (await together?.get())?.values.together,
        changed,
        corrected: await correctedEvidence(task, { fit, corrected }),
      },
      costs: { correction, refinement: await refinementSolves(refined) },
    });
  });
}

/** The solves of a refinement. Undefined if there is none, or if it cannot be computed for this observation. */
export async function refinementSolves(refined?: Node<Refined>): Promise<number | undefined> {
  const found = await attempt(async () => await refined?.get());
  return found.reason === undefined ? found.value?.refinementSolves : undefined;
}

/** Evidence for or against a corrected posterior that does not need the truth. */
async function correctedEvidence(
  { learned, observation, problem, key }: LearnedTask,
  { fit, corrected }: { fit: Node<StoredFit>; corrected: Node<Estimate> },
) {
  const opened = await learned.open(), detectors = await learned.detectors.get();
  const about = { problem: await problem(), observation: await observation.get() };
  const samples = (await corrected.get()).samples!;
  const weighed = { posterior: opened.posterior, ...about, key: fold(key, "weigh") };
  const { values, absent } = joined([
    await figuresOf(["residual"], async () => ({
      residual: await detectors.residual?.(about.problem, { observation: about.observation, samples }),
    })),
    await figuresOf(
      ["k-hat"],
      async () => await withFit(await fit.get(), opened, (fit) => weightsOf(fit, weighed)),
    ),
  ]);
  return { ...values, absent };
}

/**
 * Samplers of the amortized and, if requested, of the corrected posterior, for calibration. Each correction is stored
 * separately. `reads` is what the observations depend on in addition to the key of a sampler.
 */
export function learnedSamplers(
  { spec, learned, problem, context, reads, corrected }: Pick<LearnedTask, "spec" | "learned" | "context"> & {
    problem: Problem;
    reads: unknown;
    corrected: boolean;
  },
): Record<string, Sampler> {
  const amortized: Sampler = async ({ summary }, { key, n }) =>
    drawPosterior((await learned.open()).posterior, summary, { key, n });
  if (!corrected) return { amortized };
  return {
    amortized,
    corrected: async (observation, { key, n }) => {
      const opened = await learned.open();
      const parts = {
        reads: { calibration: reads, key, correction: spec.correction },
        upstream: [learned.trained],
      };
      const fit = context.graph.node(
        "correct",
        parts,
        () => fitted({ spec, problem, observation, opened, key, signal: context.signal }),
      );
      return await withFit(
        await fit.get(),
        opened,
        (fitted) =>
          drawPosterior(opened.posterior, observation.summary, {
            key: fold(key, "draw"),
            n,
            corrected: fitted,
          }),
      );
    },
  };
}
