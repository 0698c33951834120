/** What is kept of detection: nominal residuals, the detectors, and what they say of observations. */
import type { LearningSpec } from "../contracts/spec.ts";
import { fold, type Key } from "../base/random.ts";
import { FEWEST_TOGETHER } from "../inference/detect.ts";
import type { Observation, Pairs, Problem } from "../inference/simulate.ts";
import { type Figures, figuresOf } from "../metrics/mod.ts";
import type { Problems } from "../problem/problems.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import {
  detect,
  type Detection,
  type Detectors,
  detectorsFor,
  nominalOnes,
  togetherPValue,
} from "./detection.ts";
import type { OpenedFlow } from "./opened.ts";
import type { Trained } from "./training.ts";

/** The detectors, and the nominal observations that they compare with where the spec wants these. */
export function detectorsNode(
  spec: LearningSpec,
  { problems, trained, pairs, open }: {
    problems: Problems;
    trained: Node<Trained>;
    pairs: Node<Pairs>;
    open: () => Promise<OpenedFlow>;
  },
  context: RunContext,
): Node<Detectors> {
  const { graph } = context, { detection } = spec.evaluation;
  const nominal = detection === 0 ? undefined : graph.node(
    "residuals",
    { reads: { detection }, upstream: [trained] },
    async () =>
      await nominalOnes(spec, {
        problem: (await problems.nominal()).problem,
        posterior: (await open()).posterior,
        context,
      }),
  );
  const upstream = [trained, pairs, ...nominal ? [nominal] : []];
  return graph.node(
    "detectors",
    { upstream },
    async () => detectorsFor(await pairs.get(), { nominal: await nominal?.get(), context }),
  );
}

/** What the detectors need of what a spec learns. */
interface Detecting {
  readonly detectors: Node<Detectors>;
  open(): Promise<OpenedFlow>;
}

/** How unlike training data an observation is, by samples of its amortized posterior. */
export function detectNode(
  { learned, observation, problem, context }: {
    learned: Detecting;
    observation: Node<Observation>;
    problem: () => Promise<Problem>;
    context: RunContext;
  },
  amortized: Node<{ readonly samples?: Float32Array }>,
): Node<Detection> {
  return context.graph.node("detect", { upstream: [amortized, learned.detectors] }, async () => {
    const { posterior } = await learned.open(), { samples } = await amortized.get();
    const observed = { problem: await problem(), observation: await observation.get(), samples: samples! };
    return await detect(await learned.detectors.get(), { posterior, ...observed });
  });
}

/** How unlike training data `n` observations are together; nothing where they are too few to tell. */
export function togetherNode(
  n: number,
  { observe, detectors, key, context }: {
    observe: (i: number) => Node<Observation>;
    detectors: Node<Detectors>;
    key: Key;
    context: RunContext;
  },
): Node<Figures> | undefined {
  if (n < FEWEST_TOGETHER) return;
  const all = Array.from({ length: n }, (_, i) => observe(i));
  const parts = { reads: { together: n }, upstream: [...all, detectors] };
  return context.graph.node("detect", parts, async () => {
    const summaries: Float32Array[] = [];
    // Nodes of their own: those above would hold all data at once.
    for (let i = 0; i < n; i++) summaries.push((await observe(i).get()).summary);
    const { summary } = await detectors.get();
    return await figuresOf(["together"], () => ({
      together: togetherPValue(summary, summaries, fold(key, "together")),
    }));
  });
}
