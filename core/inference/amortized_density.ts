import { dispose, read, scope, tensor } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { type AmortizedPosterior, contextTensor, rowwiseLogNormal } from "./draw.ts";
import { flowShapes, logVolume, toFlow } from "./standardize.ts";

/** `log q(x | y)` of unknowns, flat [n, size], under the amortized posterior of a summary, [n]. */
export async function amortizedLogDensity(
  posterior: AmortizedPosterior,
  { summary, x }: { summary: Float32Array; x: Float32Array },
): Promise<Float64Array> {
  const { flow, params, standardization: s } = posterior, size = sizeOf(s.x), n = x.length / size;
  const u = toFlow(s, x, summary);
  const moved = scope(() =>
    flow.forward(params, tensor(u, [n, ...flowShapes(s).x]), contextTensor(posterior, summary, n))
  );
  const [z, logdets] = await Promise.all([read(moved.z), read(moved.logdet)]);
  dispose({ ...moved });
  const normal = rowwiseLogNormal(z, size), volume = logVolume(s, u, summary).values;
  return normal.map((v, i) => v - size / 2 * Math.log(2 * Math.PI) + logdets[i] - volume[i]);
}
