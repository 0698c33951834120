import type { StoredArray } from "./run_folder.ts";

type ColorMap = "grey" | "magma";

/** How values become colours: `low` and below is the map's first colour, `high` and above its last. */
export interface ColorScale {
  readonly map: ColorMap;
  readonly low: number;
  readonly high: number;
}

/** Red, green and blue of 256 steps of a colour map. */
async function palette(map: ColorMap): Promise<Uint8Array> {
  const out = new Uint8Array(768);
  if (map === "grey") return out.map((_, i) => Math.floor(i / 3));
  const { scheme } = await import("vega");
  const magma = scheme("magma") as (t: number) => string; // "rgb(r, g, b)"
  for (let i = 0; i < 256; i++) out.set(magma(i / 255).match(/\d+/g)!.map(Number), 3 * i);
  return out;
}

/** CSS gradient of a colour map, for a scale beside pictures. */
export async function cssGradient(map: ColorMap): Promise<string> {
  const colors = await palette(map);
  const stops = Array.from(
    { length: 9 },
    (_, k) => colors.subarray(3 * Math.round(k * 255 / 8)).subarray(0, 3),
  );
  return `linear-gradient(to right, ${stops.map((c) => `rgb(${c.join(",")})`).join(", ")})`;
}

/** Pixels of a field [rows, columns], 3 bytes each; a cell that is no number is white. */
export async function colorize({ data }: StoredArray, { map, low, high }: ColorScale): Promise<Uint8Array> {
  const colors = await palette(map), out = new Uint8Array(3 * data.length).fill(255);
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i])) continue;
    const t = high > low ? (data[i] - low) / (high - low) : 0.5;
    const k = Math.round(255 * Math.min(Math.max(t, 0), 1));
    out.set(colors.subarray(3 * k, 3 * k + 3), 3 * i);
  }
  return out;
}

/** A PNG file of RGB pixels. */
export async function encodePng(data: Uint8Array, { width, height }: { width: number; height: number }) {
  const { encode } = await import("fast-png");
  return encode({ data, width, height, channels: 3, depth: 8 });
}

/** A field [rows, columns] as a PNG, one pixel a cell, in a data URI. */
export async function pictureUri(field: StoredArray, scale: ColorScale): Promise<string> {
  const [height, width] = field.shape;
  const png = await encodePng(await colorize(field, scale), { width, height });
  return `data:image/png;base64,${png.toBase64()}`;
}

/** [a, b] -> [b, a]. */
export function transposed({ data, shape: [rows, columns] }: StoredArray): StoredArray {
  return {
    data: Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]),
    shape: [columns, rows],
  };
}

/** The value below which a fraction `p` of |x| lies, over one or several fields. */
export function magnitudeQuantile(fields: readonly StoredArray[], p: number): number {
  const all = fields.flatMap(({ data }) => Array.from(data, Math.abs)).filter(Number.isFinite).sort((a, b) =>
    a - b
  );
  return all[Math.round(p * (all.length - 1))] ?? 0;
}

/** a - b, cell by cell. */
export function difference(a: StoredArray, b: StoredArray): StoredArray {
  return { data: Float64Array.from(a.data, (v, i) => v - b.data[i]), shape: a.shape };
}
