import type { Binding, KernelSource } from "../../../core/engine/mod.ts";
import type { Setting } from "../setting.ts";
import type { Snapshots } from "../wasm/kernels.ts";
import { sizesOf } from "./sizes.ts";
import { GROUP, LANES, numbers, STEP, STRUCTS, vectors } from "./wgsl.ts";

/** Snapshots whose largest value is below this are kept as 0, which spares their scale's inverse an overflow. */
const TINY = "1e-30f";

/** Four values in two words: `top` is what a snapshot's largest value becomes. */
function packed(packing: string, top: string) {
  return {
    type: "vec2<u32>",
    bytes: 8,
    read: `vec4<f32>(unpack${packing}(kept.x), unpack${packing}(kept.y)) * (peak / ${top})`,
    write: `vec2<u32>(pack${packing}(w.xy * inverse), pack${packing}(w.zw * inverse))`,
    inverse: `select(0.0f, ${top} / peak, peak > ${TINY})`,
  };
}

/** How four values w of a snapshot are kept, given the largest absolute value of all, `peak`. */
const FORMATS = {
  int16: packed("2x16snorm", "1.0f"),
  f16: packed("2x16float", "32768.0f"),
  f32: { type: "vec4<f32>", bytes: 16, read: "kept", write: "w", inverse: "1.0f" },
};

/** Bytes of a snapshot of one background. */
export function snapshotBytes(setting: Setting, snapshots: Snapshots): number {
  return sizesOf(setting).window / 4 * FORMATS[snapshots].bytes;
}

/** How the backgrounds of a bank are kept. */
export interface Format {
  readonly snapshots: Snapshots;
  readonly bankSlots: number;
}

/** Bindings of a kernel that reads or writes a snapshot of a bank. */
export function snapshotBindings(
  setting: Setting,
  format: Format,
  access: "read" | "write",
): Record<string, Binding> {
  const { type } = FORMATS[format.snapshots];
  const windowBytes = format.bankSlots * snapshotBytes(setting, format.snapshots);
  return { snapshot: { access, type: `array<${type}>`, windowBytes }, peaks: numbers("read") };
}

/** Sets w to the four values at i of the lane's background. */
export function readSnapshot(setting: Setting, { snapshots }: Format): string {
  const { window, kept } = sizesOf(setting);
  return `let kept = snapshot[lane.place * ${window / 4}u + i];
      let peak = peaks[lane.place * ${kept}u + step.kept];
      let w = ${FORMATS[snapshots].read};`;
}

/**
 * In the window `w = p - w`, and its largest absolute value, as bits: among those of non-negative numbers the order is
 * that of the numbers, and those of an infinity or NaN are the largest of all.
 */
export function differenceSource(setting: Setting): KernelSource {
  const { layout: { window, stride } } = setting, { field, window: cells, kept } = sizesOf(setting);
  return {
    bindings: {
      p: vectors("read"),
      window: vectors("write"),
      peaks: { access: "write", type: "array<atomic<u32>>" },
      lanes: LANES,
      step: STEP,
    },
    code: `${STRUCTS}
var<workgroup> largest: atomic<u32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let i = id.x;
  if (i < ${cells / 4}u) {
    let cell = ${window.start / 4}u + i / ${window.columns / 4}u * ${stride / 4}u + i % ${
      window.columns / 4
    }u;
    let w = p[id.y * ${field / 4}u + cell] - window[id.y * ${cells / 4}u + i];
    window[id.y * ${cells / 4}u + i] = w;
    let bits = bitcast<vec4<u32>>(w) & vec4<u32>(0x7fffffffu);
    atomicMax(&largest, max(max(bits.x, bits.y), max(bits.z, bits.w)));
  }
  workgroupBarrier();
  if (local == 0u) {
    atomicMax(&peaks[lanes[id.y].place * ${kept}u + step.kept], atomicLoad(&largest));
  }
}`,
  };
}

/** Keeps the differences as the lane's background. */
export function keepSource(setting: Setting, format: Format): KernelSource {
  const { window, kept } = sizesOf(setting), { write, inverse } = FORMATS[format.snapshots];
  return {
    bindings: {
      window: vectors("read"),
      ...snapshotBindings(setting, format, "write"),
      lanes: LANES,
      step: STEP,
    },
    code: `${STRUCTS}
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= ${window / 4}u) { return; }
  let lane = lanes[id.y];
  let w = window[id.y * ${window / 4}u + i];
  let peak = peaks[lane.place * ${kept}u + step.kept];
  let inverse = ${inverse};
  snapshot[lane.place * ${window / 4}u + i] = ${write};
}`,
  };
}
