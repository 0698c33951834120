/** A named, shaped set of real vectors: the domain or range of an operator. Turns shape mistakes into sentences. */
export interface Space {
  readonly name: string;
  readonly shape: readonly number[];
}

/** An element of a {@link Space}: its values flat, in C order. f32 for work, f64 for oracles and exact tests. */
export type Vector = Float32Array | Float64Array;
