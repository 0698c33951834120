import type { LatentCorrection } from "../contracts/correction.ts";
import { dispose, read, scope, zeros } from "../engine/mod.ts";
import { fitLatents } from "./correct.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { contextTensor } from "./draw.ts";
import { flowShapes, fromFlow } from "./standardize.ts";

/**
 * The unknown at the most probable latents, flat [size]: `f^-1(z; y)` at the z where the target of a correction has
 * its largest density. The cost is that of a correction with these options.
 */
export async function latentMode(
  problem: CorrectionProblem,
  options: Omit<CorrectionOptions<LatentCorrection>, "mode">,
): Promise<Float32Array> {
  const { posterior: { flow, params, standardization: s }, observation: { summary } } = problem;
  const fitted = await fitLatents(problem, { ...options, mode: true });
  const x = scope(() => {
    const { z } = fitted.correction.apply(fitted.params, zeros([1, ...flowShapes(s).x]));
    return flow.inverse(params, z, contextTensor(problem.posterior, summary, 1));
  });
  const values = await read(x);
  dispose({ x, ...fitted.params });
  return fromFlow(s, values, summary);
}
