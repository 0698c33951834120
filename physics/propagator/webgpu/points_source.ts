import type { KernelSource } from "../../../core/engine/mod.ts";
import type { Setting } from "../setting.ts";
import { sizesOf } from "./sizes.ts";
import { GROUP, LANES, numbers, POINTS, STEP, STRUCTS } from "./wgsl.ts";

/** `p += A C s q` at the points of the lane's source. */
export function pulseSource(setting: Setting): KernelSource {
  const { field } = sizesOf(setting);
  return {
    bindings: {
      p: numbers("write"),
      media: numbers("read"),
      sourcePoints: POINTS,
      lanes: LANES,
      step: STEP,
    },
    code: `${STRUCTS}
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = lanes[id.y];
  let i = lane.source.x + id.x;
  if (i >= lane.source.y) { return; }
  let cell = sourcePoints[i].index;
  p[id.y * ${field}u + cell] += media[lane.medium * ${field}u + cell] * sourcePoints[i].weight * step.wavelet;
}`,
  };
}

/** Sample n of the lane's traces from u at the receivers, whose points are rows from \`starts\`. */
export function recordSource(setting: Setting): KernelSource {
  const { spread, wavelet } = setting, { field, traces } = sizesOf(setting);
  return {
    bindings: {
      u: numbers("read"),
      traces: numbers("write"),
      starts: { access: "read", type: "array<u32>" },
      receiverPoints: POINTS,
      lanes: LANES,
      step: STEP,
    },
    code: `${STRUCTS}
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= ${spread}u) { return; }
  let row = lanes[id.y].receiver + id.x;
  var sum = 0.0f;
  for (var i = starts[row]; i < starts[row + 1u]; i++) {
    sum += receiverPoints[i].weight * u[id.y * ${field}u + receiverPoints[i].index];
  }
  traces[id.y * ${traces}u + id.x * ${wavelet.length}u + step.n] = sum;
}`,
  };
}

/** `p += A C R^T d_n`, cell by cell, so that no two invocations add to the same one. */
export function injectSource(setting: Setting): KernelSource {
  const { wavelet } = setting, { field, traces } = sizesOf(setting);
  return {
    bindings: {
      p: numbers("write"),
      media: numbers("read"),
      traces: numbers("read"),
      cells: { access: "read", type: "array<Cell>" },
      cellPoints: POINTS,
      lanes: LANES,
      step: STEP,
    },
    code: `${STRUCTS}
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = lanes[id.y];
  if (lane.cells.x + id.x >= lane.cells.y) { return; }
  let cell = cells[lane.cells.x + id.x];
  var sum = 0.0f;
  for (var i = cell.start; i < cell.end; i++) {
    sum += cellPoints[i].weight * traces[id.y * ${traces}u + cellPoints[i].index * ${wavelet.length}u + step.n];
  }
  p[id.y * ${field}u + cell.index] += media[lane.medium * ${field}u + cell.index] * sum;
}`,
  };
}
