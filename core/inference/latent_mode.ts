import { dispose, read, scope, zeros } from "../engine/mod.ts";
import { fitCorrection } from "./correct.ts";
import type { CorrectionOptions, CorrectionProblem } from "./correction_task.ts";
import { contextTensor } from "./draw.ts";
import { flowShapes, fromFlow } from "./standardize.ts";

/**
 * The unknown at the most probable latents, `f^-1(z; y)` with z of the greatest density of the target that a correction
 * has, flat [size]. `options.correction` moves latents. Costs what a correction with these options costs.
 */
export async function latentMode(
  problem: CorrectionProblem,
  options: Omit<CorrectionOptions, "mode">,
): Promise<Float32Array> {
  const { posterior: { flow, params, standardization: s }, observation: { summary } } = problem;
  const fitted = await fitCorrection(problem, { ...options, mode: true });
  const x = scope(() => {
    const { z } = fitted.correction.apply(fitted.params, zeros([1, ...flowShapes(s).x]));
    return flow.inverse(params, z, contextTensor(problem.posterior, summary, 1));
  });
  const values = await read(x);
  dispose({ x, ...fitted.params });
  return fromFlow(s, values, summary);
}
