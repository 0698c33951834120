import * as tf from "@tensorflow/tfjs";

export type Tensor = tf.Tensor;

/** Trainable tensors by name. Names are stable: they are the checkpoint's keys. */
export type Params = Readonly<Record<string, Tensor>>;

/** An f32 tensor of the given values and shape. */
export function tensor(values: Float32Array, shape: readonly number[]): Tensor {
  return tf.tensor(values, [...shape], "float32");
}

/** The tensor's values; waits for a GPU's queue. */
export async function read(t: Tensor): Promise<Float32Array> {
  return await t.data() as Float32Array;
}

/** The values of what `work` makes; all its tensors are freed. */
export async function values(work: () => Tensor): Promise<Float32Array> {
  const made = tf.tidy(work), numbers = await read(made);
  made.dispose();
  return numbers;
}

/** Runs `work` and frees every tensor it made but the ones it returns. The loops open scopes; nothing else frees. */
export function scope<T extends tf.TensorContainer>(work: () => T): T {
  return tf.tidy(work);
}

/** Frees the tensors of a record. */
export function dispose(tensors: Params): void {
  for (const t of Object.values(tensors)) t.dispose();
}

/** Tensors and bytes alive, for tests of constant memory. */
export function tensorCount(): { tensors: number; bytes: number } {
  const { numTensors, numBytes } = tf.memory();
  return { tensors: numTensors, bytes: numBytes };
}

/** Matrix product of two matrices, optionally transposed. */
export function matMul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  return tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, transposeA, transposeB);
}

/** Part of a tensor along its last axis: channels `from` to `from + count`. */
export function channels(x: Tensor, from: number, count: number): Tensor {
  const leading = x.shape.slice(0, -1);
  return tf.slice(x, [...leading.map(() => 0), from], [...leading, count]);
}

/** Tensors side by side along the last axis. */
export function joinChannels(parts: Tensor[]): Tensor {
  return tf.concat(parts, parts[0].shape.length - 1);
}

/** Sum over all axes but the first: one value per batch element. */
export function sumPerSample(x: Tensor): Tensor {
  return tf.sum(tf.reshape(x, [x.shape[0], -1]), 1);
}

export const {
  add,
  clipByValue,
  cumsum,
  div,
  exp,
  eye,
  log,
  minimum,
  mul,
  neg,
  onesLike,
  relu,
  reshape,
  scalar,
  sigmoid,
  softmax,
  sqrt,
  square,
  step,
  sub,
  sum,
  transpose,
  zeros,
  zerosLike,
} = tf;

/**
 * Runs one step of a walk in a scope of its own and frees what the step replaces, so that a long walk holds no
 * more than one step's tensors.
 */
export function advance<T extends tf.TensorContainer>(replaced: readonly Tensor[], work: () => T): T {
  const next = tf.tidy(work);
  for (const t of replaced) t.dispose();
  return next;
}

/**
 * Derivatives of `dy . f(values)` by a tape over f, which must use every value and only functions that tfjs can
 * differentiate.
 */
export function tapeGradients(
  values: Params,
  dy: Tensor,
  f: (values: Params) => Tensor,
): Record<string, Tensor> {
  const names = Object.keys(values);
  const named = (tensors: Tensor[]) => Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
  const gradients = tf.grads((...tensors: Tensor[]) => f(named(tensors)));
  return named(gradients(Object.values(values), dy));
}
