import type { Geometry } from "../../../physics/propagator/setting.ts";

/** An independent f64 solution of one survey by deepwave, and the same by this project's oracle. */
const FOLDER = new URL("../../../../shared/reference/acoustic/", import.meta.url);

/** Whether the reference is there; continuous integration must have it. */
export function referenceIsThere(): boolean {
  try {
    return Deno.statSync(FOLDER).isDirectory;
  } catch {
    if (Deno.env.get("CI") === "true") {
      throw new Error(`The acoustic reference is missing: ${FOLDER.pathname}`);
    }
    return false;
  }
}

/** One of the reference's arrays, f64 or f32 in the file, flat. */
export function referenceArray(name: string): Float64Array {
  const bytes = Deno.readFileSync(new URL(`${name}.npy`, FOLDER));
  const start = 10 + new DataView(bytes.buffer).getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, start)), values = bytes.slice(start).buffer;
  return header.includes("<f8") ? new Float64Array(values) : Float64Array.from(new Float32Array(values));
}

/** The reference's survey; its unit cell sources push u down, ours are delta functions that push it up. */
export function referenceGeometry(changes: Partial<Geometry> = {}): Geometry {
  const description = JSON.parse(Deno.readTextFileSync(new URL("reference.json", FOLDER)));
  const { nz, nx, dz_m: dz, dx_m: dx } = description.grid;
  const place = ([z, x]: [number, number]) => [z * dz, x * dx] as const;
  return {
    grid: { shape: [nz, nx], spacing: [dz, dx] },
    velocity: referenceArray("v"),
    sources: description.source.cells_zx.map(place),
    receivers: [description.receivers.cells_zx.map(place)],
    wavelet: { samples: referenceArray("source_sig").map((f) => -f * dz * dx), dt: description.time.dt_s },
    order: 8,
    sponge: { cells: 0 },
    muteRows: 0,
    amplitude: 1,
    every: 1,
    ...changes,
  };
}
