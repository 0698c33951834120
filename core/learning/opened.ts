import type { Correction } from "../contracts/correction.ts";
import type { Optimizer } from "../contracts/flow.ts";
import type { LearningSpec } from "../contracts/spec.ts";
import type { AmortizedPosterior } from "../inference/draw.ts";
import { flowShapes } from "../inference/standardize.ts";
import { buildLearners } from "../registry/build.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import { decodeWeights, DESCRIPTION, parseDescription, WEIGHTS } from "./flow_file.ts";
import { standardizationFrom } from "./load_flow.ts";
import type { Trained } from "./training.ts";

/** The trained flow on the open engine, and what corrects its posterior. */
export interface OpenedFlow {
  readonly posterior: AmortizedPosterior;
  readonly correction: Correction;
  readonly corrector: Optimizer;
  /** Sources of the survey that the flow was trained on: steps of a pass of the correction. */
  readonly stepsPerPass: number;
}

/** Opens the flow as it was trained. */
export async function openFlow(
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
