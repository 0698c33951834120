import type { Detection } from "../learning/detection.ts";
import { detectNode } from "../learning/detection_nodes.ts";
import { corrects } from "../spec/learning.ts";
import type { Node } from "../store/graph.ts";
import { fitNode, tradeoffPasses } from "./corrected.ts";
import { drawNode } from "./drawn.ts";
import type { Estimate, LearnedTask, Posteriors } from "./method.ts";
import { decisionNode, type PolicyOutcome } from "./policy.ts";
import { type Refined, refinedNode } from "./refined.ts";
import type { StoredFit } from "./stored_fit.ts";

/** The results of the learned methods for one observation. Each is stored separately. */
export interface LearnedNodes extends Posteriors {
  readonly detection: Node<Detection>;
  readonly fit: Node<StoredFit>;
  /** The corrected posterior after some of the passes of the correction, if the spec asks for a trade-off. */
  readonly passes: readonly { readonly pass: number; readonly estimate: Node<Estimate> }[];
  readonly refined?: Node<Refined>;
  readonly decision?: Node<PolicyOutcome>;
}

/** Amortized, corrected and refined posterior of one observation, and the policy's choice among them. */
export function learnedNodes(task: LearnedTask): LearnedNodes {
  const { spec } = task, amortized = drawNode(task), detection = detectNode(task, amortized);
  const fit = fitNode(task), refined = refinedNode(task, fit);
  const corrected = corrects(spec) ? drawNode(task, fit) : undefined;
  return {
    amortized,
    corrected,
    detection,
    fit,
    passes: tradeoffPasses(spec).map((pass) => ({ pass, estimate: drawNode(task, fit, pass) })),
    refined,
    decision: spec.policy && corrected && decisionNode(task, { detection, fit, corrected, refined }),
  };
}
