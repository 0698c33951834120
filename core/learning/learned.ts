import type { LearningSpec } from "../contracts/spec.ts";
import { dispose } from "../engine/mod.ts";
import type { Problems } from "../problem/problems.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import type { Detectors } from "./detection.ts";
import { detectorsNode } from "./detection_nodes.ts";
import { type OpenedFlow, openFlow } from "./opened.ts";
import type { Simulation } from "./simulation.ts";
import { type Trained, training } from "./training.ts";

/** What a spec learns, each part opened when a stage first needs it. */
export interface Learned {
  readonly simulation: Simulation;
  readonly trained: Node<Trained>;
  readonly detectors: Node<Detectors>;
  open(): Promise<OpenedFlow>;
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
  const detectors = detectorsNode(spec, { problems, trained, pairs, open }, context);
  return {
    simulation,
    trained,
    detectors,
    open,
    async release() {
      if (opened) dispose((await opened).posterior.params);
    },
  };
}
