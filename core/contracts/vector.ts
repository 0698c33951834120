/**
 * What the values of a space mean. `image`: one value per cell [z, x]. `vector`: components [d] without neighbours.
 * `moments`: a mean and a standard deviation of each value of an unknown, [2, ...unknown]. `data`: measurements; traces
 * run along the last axis.
 */
export const SPACE_KINDS = ["image", "vector", "moments", "data"] as const;

export type SpaceKind = (typeof SPACE_KINDS)[number];

/**
 * A named, shaped set of real vectors: the domain or range of an operator. The kind says what the values mean; the
 * number of axes does not. Who makes a space says its kind.
 */
export interface Space {
  readonly name: string;
  readonly kind: SpaceKind;
  readonly shape: readonly number[];
}

/** An element of a {@link Space}: its values flat, in C order. f32 for work, f64 for oracles and exact tests. */
export type Vector = Float32Array | Float64Array;
