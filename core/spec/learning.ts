import type { LearningSpec, Spec } from "../contracts/spec.ts";

/** Whether a spec trains a flow; else it images only. */
export function learns(spec: Spec): spec is LearningSpec {
  return spec.flow !== undefined && spec.training !== undefined;
}

/** Whether a spec has a corrected posterior; without a correction it would be the amortized one again. */
export function corrects({ correction }: Pick<Spec, "correction">): boolean {
  return correction.kind !== "none";
}
