import type { Binding } from "../../../core/engine/mod.ts";

/** Invocations in a workgroup of a kernel that runs over a list. */
export const GROUP = 64;

/** Words of `Lane`, `Step`, `Point` and `Cell`. */
export const LANE_WORDS = 8, STEP_WORDS = 4, POINT_WORDS = 2, CELL_WORDS = 3;

/**
 * A lane is one wavefield: medium and model that it has, place of its background in the bank, first receiver of its
 * spread, and as ranges the points of its source and the cells of its spread. A step is sample n, snapshot `kept` and
 * the wavelet's value.
 */
export const STRUCTS = `
struct Lane { medium: u32, model: u32, place: u32, receiver: u32, source: vec2<u32>, cells: vec2<u32> }
struct Step { n: u32, kept: u32, wavelet: f32 }
struct Point { index: u32, weight: f32 }
struct Cell { index: u32, start: u32, end: u32 }
`;

/** Bindings that several kernels have. */
export const LANES: Binding = { access: "read", type: "array<Lane>" };
export const STEP: Binding = { access: "uniform", type: "Step", windowBytes: 4 * STEP_WORDS };
export const POINTS: Binding = { access: "read", type: "array<Point>" };

/** Four numbers at a time, or one. */
export function vectors(access: "read" | "write"): Binding {
  return { access, type: "array<vec4<f32>>" };
}

export function numbers(access: "read" | "write"): Binding {
  return { access, type: "array<f32>" };
}
