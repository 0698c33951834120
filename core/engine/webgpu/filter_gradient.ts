import * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../base/shape.ts";

/** The kernel's name in tfjs's registry. */
export const FILTER_GRADIENT_PARTS = "FilterGradientParts";

/** Invocations that keep a GPU busy. */
const BUSY = 2 ** 16;

/** The part of tfjs's WebGPU backend that runs a program. */
interface ProgramRunner {
  runWebGPUProgram(
    program: unknown,
    inputs: tf.TensorInfo[],
    dtype: string,
    uniforms: readonly { type: string; data: number[] }[],
  ): tf.TensorInfo;
}

/**
 * Parts [parts, kh, kw, in, out] of the filter gradient of a same-size convolution: each sums over some of the
 * `batch x height` image rows. tfjs has one invocation per weight sum over all of them, which leaves a GPU idle where
 * filters are small.
 */
function filterGradientParts(
  { inputs, backend, attrs }: { inputs: tf.NamedTensorInfoMap; backend: unknown; attrs?: tf.NamedAttrMap },
): tf.TensorInfo {
  const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo },
    filterShape = attrs!.filterShape as number[];
  const [batch, height, width] = x.shape, rows = batch * height;
  const size = sizeOf({ shape: filterShape });
  const each = Math.ceil(rows / Math.min(rows, Math.max(1, Math.round(BUSY / size))));
  const parts = Math.ceil(rows / each), threads = 64;
  const program = {
    variableNames: ["x", "dy"],
    outputShape: [parts, ...filterShape],
    uniforms: "each : i32, batchRows : i32, height : i32, width : i32, pads : vec2<i32>,",
    workgroupSize: [threads, 1, 1],
    dispatchLayout: { x: [0, 1, 2, 3, 4] },
    dispatch: dispatchOf(Math.ceil(parts * size / threads)),
    size: true,
    shaderKey: FILTER_GRADIENT_PARTS,
    getUserCode: () => CODE,
  };
  const pads = filterShape.slice(0, 2).map((k) => Math.floor((k - 1) / 2));
  const uniforms = [each, rows, height, width].map((value) => ({ type: "int32", data: [value] }));
  return (backend as ProgramRunner).runWebGPUProgram(program, [x, dy], "float32", [
    ...uniforms,
    { type: "int32", data: pads },
  ]);
}

/** WebGPU takes at most 65535 workgroups along an axis; tfjs numbers invocations across all three. */
function dispatchOf(groups: number): [number, number, number] {
  const across = Math.min(groups, 65535);
  return [across, Math.ceil(groups / across), 1];
}

const CODE = `
fn main(index : i32) {
  if (index < uniforms.size) {
    let at = getCoordsFromIndex(index);
    let first = at.x * uniforms.each;
    let last = min(first + uniforms.each, uniforms.batchRows);
    let down = at.y - uniforms.pads[0];
    let across = at.z - uniforms.pads[1];
    var sum = 0.0;
    for (var row = first; row < last; row = row + 1) {
      let sample = row / uniforms.height;
      let z = row % uniforms.height;
      if (z + down < 0 || z + down >= uniforms.height) { continue; }
      for (var c = max(0, -across); c < min(uniforms.width, uniforms.width - across); c = c + 1) {
        sum = sum + getX(sample, z + down, c + across, at.w) * getDy(sample, z, c, at.u);
      }
    }
    setOutputAtIndex(index, sum);
  }
}
`;

export function registerWebGpuKernels(): void {
  if (tf.getKernel(FILTER_GRADIENT_PARTS, "webgpu")) return;
  tf.registerKernel({
    kernelName: FILTER_GRADIENT_PARTS,
    backendName: "webgpu",
    kernelFunc: filterGradientParts as unknown as tf.KernelFunc,
  });
}
