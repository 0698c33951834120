import type { Binding, KernelSource } from "../../../core/engine/mod.ts";
import type { Setting } from "../setting.ts";
import { sizesOf, TILE_ROWS } from "./sizes.ts";
import { type Format, readSnapshot, snapshotBindings } from "./snapshot_source.ts";
import { LANES, STEP, STRUCTS, vectors } from "./wgsl.ts";

/** Invocations along z and along x in a workgroup of the stencil. */
export const TILE_GROUP = 8;

/** Additional work of a step in the window: see `Kernels` in solve.ts. */
interface Extra {
  readonly bindings: Readonly<Record<string, Binding>>;
  /** The lines of a tile's row, for its vector i of the window. */
  readonly lines: string;
}

/** `p += A2 (u - p) + AC L u`. */
export function stepSource(setting: Setting): KernelSource {
  return stencilSource(setting);
}

/** A step, and `window = 2u - p` before it. */
export function rememberSource(setting: Setting): KernelSource {
  const lines = `window[${windowAt(setting, "id.z")}] = 2.0f * centre - old;`;
  return stencilSource(setting, { bindings: { window: vectors("write") }, lines });
}

/** A step, and `p -= A C x w` after it: the Born source of the model x in the window. */
export function scatterSource(setting: Setting, format: Format): KernelSource {
  const lines = `${readSnapshot(setting, format)}
      next -= AC * window[${windowAt(setting, "lane.model")}] * w;`;
  const bindings = { window: vectors("read"), ...snapshotBindings(setting, format, "read") };
  return stencilSource(setting, { bindings, lines });
}

/** A step, and `window += w u`, the image. */
export function correlateSource(setting: Setting, format: Format): KernelSource {
  const lines = `${readSnapshot(setting, format)}
      window[${windowAt(setting, "id.z")}] += w * centre;`;
  const bindings = { window: vectors("write"), ...snapshotBindings(setting, format, "read") };
  return stencilSource(setting, { bindings, lines });
}

function windowAt(setting: Setting, lane: string): string {
  return `${lane} * ${sizesOf(setting).window / 4}u + i`;
}

function stencilSource(setting: Setting, extra?: Extra): KernelSource {
  const { rows, columns, stride, origin, radius } = setting.layout, field = sizesOf(setting).field;
  const above = range(-radius, TILE_ROWS + radius).map((j) =>
    `let ${rowName(j)} = u[${shifted("at", j * stride / 4)}];`
  );
  const tile = range(0, TILE_ROWS).map((j) => rowSource(setting, { j, extra }));
  return {
    bindings: {
      A2: vectors("read"),
      media: vectors("read"),
      u: vectors("read"),
      p: vectors("write"),
      lanes: LANES,
      step: STEP,
      ...extra?.bindings,
    },
    code: `${STRUCTS}
@compute @workgroup_size(${TILE_GROUP}, ${TILE_GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = id.x;
  let z = ${TILE_ROWS}u * id.y;
  if (x >= ${columns / 4}u || z >= ${rows}u) { return; }
  let lane = lanes[id.z];
  let cell = ${origin / 4}u + z * ${stride / 4}u + x;
  let at = id.z * ${field / 4}u + cell;
  let medium = lane.medium * ${field / 4}u + cell;
  ${above.join("\n  ")}
${tile.join("\n")}
}`,
  };
}

/** Row j of a tile: four cells side by side, one vector. */
function rowSource(setting: Setting, { j, extra }: { j: number; extra?: Extra }): string {
  const { layout: { radius, stride }, laplacian } = setting, reach = Math.ceil(radius / 4);
  const row = (index: string, k = 0) => shifted(index, j * stride / 4 + k);
  const sides = range(1, reach + 1).flatMap((k) => [-k, k]);
  const terms = range(1, radius + 1).map((k) => `
    L += ${literal(laplacian[radius + k])} * (${rowName(j - k)} + ${rowName(j + k)});
    L += ${literal(laplacian[k])} * (${alongX(-k)} + ${alongX(k)});`);
  return `  {
    let centre = ${rowName(j)};
    ${sides.map((k) => `let ${sideName(k)} = u[${row("at", k)}];`).join("\n    ")}
    var L = ${literal(laplacian[0])} * centre;${terms.join("")}
    let AC = media[${row("medium")}];
    let old = p[${row("at")}];
    var next = old + A2[${row("cell")}] * (centre - old) + AC * L;
    ${extra ? windowSource(setting, { j, lines: extra.lines }) : ""}
    p[${row("at")}] = next;
  }`;
}

/** The lines where row j of a tile is in the window, for the window's vector i. */
function windowSource(
  { layout: { window, origin, stride } }: Setting,
  { j, lines }: { j: number; lines: string },
) {
  const offset = window.start - origin, top = Math.floor(offset / stride), left = offset % stride / 4;
  return `let row = z + ${j}u - ${top}u; // above the window it wraps to a large number
    let column = x - ${left}u;
    if (row < ${window.rows}u && column < ${window.columns / 4}u) {
      let i = row * ${window.columns / 4}u + column;
      ${lines}
    }`;
}

/** Four cells of the row, k to the right of the centre's: from two neighbouring vectors unless k is a multiple of 4. */
function alongX(k: number): string {
  if (k % 4 === 0) return sideName(k / 4);
  const cells = range(k, k + 4).map((c) => `${sideName(Math.floor(c / 4))}.${"xyzw"[c & 3]}`);
  return `vec4<f32>(${cells.join(", ")})`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function rowName(j: number): string {
  return j < 0 ? `above${-j}` : `row${j}`;
}

function sideName(k: number): string {
  return k === 0 ? "centre" : k < 0 ? `left${-k}` : `right${k}`;
}

function shifted(index: string, by: number): string {
  return by === 0 ? index : by < 0 ? `${index} - ${-by}u` : `${index} + ${by}u`;
}

/** Nine digits name every f32. */
function literal(v: number): string {
  return `${v.toExponential(8)}f`;
}
