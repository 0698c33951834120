import type { LearningSpec, Spec } from "../contracts/spec.ts";

/** Whether a spec trains a flow; else it images only. */
export function learns(spec: Spec): spec is LearningSpec {
  return spec.flow !== undefined && spec.training !== undefined;
}
