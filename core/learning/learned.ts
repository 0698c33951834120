import type { Correction, Optimizer } from "../contracts/flow.ts";
import type { LearningSpec } from "../contracts/spec.ts";
import { dispose } from "../engine/mod.ts";
import type { AmortizedPosterior } from "../inference/draw.ts";
import { linearEstimator, type PointEstimator } from "../inference/linear_estimator.ts";
import { flowShapes } from "../inference/standardize.ts";
import type { RunContext } from "../store/context.ts";
import { type Detectors, detectorsFor, nominalOnes } from "./detection.ts";
import { decodeWeights, DESCRIPTION, parseDescription, WEIGHTS } from "./flow_file.ts";
import type { Node } from "../store/graph.ts";
import { standardizationFrom } from "./load_flow.ts";
import type { Problems } from "../problem/problems.ts";
import { buildLearners } from "../registry/build.ts";
import type { Simulation } from "./simulation.ts";
import { type Trained, training } from "./training.ts";

/** The trained flow on the open engine, and the correction of its posterior. */
export interface OpenedFlow {
  readonly posterior: AmortizedPosterior;
  readonly correction: Correction;
  readonly corrector: Optimizer;
  /** Number of sources of the training survey. It is the number of steps in a pass of the correction. */
  readonly stepsPerPass: number;
}

/** What is learned for a spec. Each part is computed when a stage first uses it. */
export interface Learned {
  readonly simulation: Simulation;
  readonly trained: Node<Trained>;
  readonly detectors: Node<Detectors>;
  open(): Promise<OpenedFlow>;
  /** Reference points of calibration. */
  estimator(): Promise<PointEstimator>;
  /** Frees the flow's weights. */
  release(): Promise<void>;
}

export function learned(
  spec: LearningSpec,
  { simulation, problems }: { simulation: Simulation; problems: Problems },
  context: RunContext,
): Learned {
  const trained = training(spec, { simulation, problems }, context), { pairs } = simulation;
  let opened: Promise<OpenedFlow> | undefined;
  const open = () => opened ??= openFlow(spec, trained, context);
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
  const detectors = graph.node(
    "detectors",
    { upstream },
    async () => detectorsFor(await pairs.get(), { nominal: await nominal?.get(), context }),
  );
  return {
    simulation,
    trained,
    detectors,
    open,
    async estimator() {
      const { survey, summary } = (await problems.nominal()).problem;
      return linearEstimator(await pairs.get(), { x: survey.domain, y: summary.space });
    },
    async release() {
      if (opened) dispose((await opened).posterior.params);
    },
  };
}

async function openFlow(
  spec: LearningSpec,
  trained: Node<Trained>,
  context: RunContext,
): Promise<OpenedFlow> {
  const { files } = await trained.get();
  await context.openTensors();
  const { params, mask } = decodeWeights(files[WEIGHTS]);
  const description = await parseDescription(new TextDecoder().decode(files[DESCRIPTION]), DESCRIPTION);
  const standardization = standardizationFrom(description.standardization, mask);
  const { flow, correction, corrector } = await buildLearners(spec, {
    registry: context.registry,
    shapes: flowShapes(standardization),
  });
  const { sources } = await context.surveys.get(spec.operator);
  return { posterior: { flow, params, standardization }, correction, corrector, stepsPerPass: sources };
}
