import type { Space } from "../core/contracts/vector.ts";

/** Spaces by their shapes, for tests whose subject is something else. */
export const image = (shape: readonly number[]): Space => ({ name: "x", kind: "image", shape });
export const vector = (size: number): Space => ({ name: "x", kind: "vector", shape: [size] });
export const data = (...shape: number[]): Space => ({ name: "data", kind: "data", shape });
export const moments = (shape: readonly number[]): Space => ({
  name: "moments",
  kind: "moments",
  shape: [2, ...shape],
});
