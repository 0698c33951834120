import type { Vector } from "../../../core/contracts/vector.ts";
import { fromWindow, toWindow } from "../layout.ts";
import type { Setting } from "../setting.ts";

/** `k amplitude / dt^2 x` in the window. */
export function modelOf({ layout, scattering }: Setting, x: Vector): Float32Array<ArrayBuffer> {
  const { rows, columns } = layout.window;
  const model = toWindow(layout, new Float64Array(x), new Float64Array(rows * columns));
  return Float32Array.from(model, (v) => v * scattering);
}

/** See `readImage` in solve.ts. */
export function imageOf({ layout, scattering }: Setting, dense: Float32Array): Float32Array {
  const image = fromWindow(layout, dense, new Float32Array(layout.shape[0] * layout.shape[1]));
  return image.map((v) => -v * scattering);
}
