import * as tf from "@tensorflow/tfjs";
import { FILTER_GRADIENT_PARTS } from "./webgpu/filter_gradient.ts";
import type { Tensor } from "./tensors.ts";

/** Same-size convolution, stride 1: x [n, h, w, in], filter [kh, kw, in, out], bias [out]; ReLU on request. */
export function convolve(
  x: Tensor,
  { filter, bias, relu = false }: { filter: Tensor; bias: Tensor; relu?: boolean },
): Tensor {
  return tf.fused.conv2d({
    x: x as tf.Tensor4D,
    filter: filter as tf.Tensor4D,
    bias,
    strides: 1,
    pad: "same",
    activation: relu ? "relu" : "linear",
  });
}

const ATTRIBUTES = { strides: 1, pad: "same", dataFormat: "NHWC" };

/** Gradient of a convolution with respect to its input, or to the first `inputs` channels of it. */
export function convInputGradient(dy: Tensor, filter: Tensor, inputs: number = filter.shape[2]!): Tensor {
  const [kh, kw, all, outputs] = filter.shape as [number, number, number, number];
  const used = inputs === all ? filter : tf.slice(filter, [0, 0, 0, 0], [kh, kw, inputs, outputs]);
  const attributes = { ...ATTRIBUTES, inputShape: [...dy.shape.slice(0, 3), inputs] };
  return run("Conv2DBackpropInput", { dy, filter: used }, attributes);
}

/** Gradient of a convolution with respect to its filter. */
export function convFilterGradient(x: Tensor, dy: Tensor, filterShape: readonly number[]): Tensor {
  if (!tf.getKernel(FILTER_GRADIENT_PARTS, tf.getBackend())) {
    return run("Conv2DBackpropFilter", { x, dy }, { ...ATTRIBUTES, filterShape });
  }
  return tf.tidy(() => tf.sum(run(FILTER_GRADIENT_PARTS, { x, dy }, { filterShape }), 0));
}

/** `dy` where `y = relu(.)` is positive, else 0. */
export function reluGradient(dy: Tensor, y: Tensor): Tensor {
  if (tf.getKernel("ReluMask", tf.getBackend())) return run("ReluMask", { dy, y }, {});
  return tf.mul(dy, tf.step(y));
}

function run(kernel: string, inputs: tf.NamedTensorMap, attributes: unknown): Tensor {
  return tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap) as Tensor;
}
