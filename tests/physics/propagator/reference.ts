import type { Vector } from "../../../core/contracts/vector.ts";
import { decodeNpy } from "../../../core/data/npy.ts";
import type { Pool } from "../../../physics/propagator/pool.ts";
import type { Geometry } from "../../../physics/propagator/setting.ts";
import type { Batch } from "../../../physics/propagator/shots.ts";
import { relativeError } from "../small.ts";

/** An independent solution of one survey; its README says how it was made. */
const FOLDER = new URL("./reference/", import.meta.url);

/** The record's parts: with `traces: 4` a part holds every fourth trace of each shot, with `rows: 2` every other row. */
const PARTS = {
  closed: { traces: 1, rows: 1 },
  exact: { traces: 10, rows: 8 },
  open: { traces: 4, rows: 2 },
} as const;

/** Of both shots: background data and Born data, flat [shots, receivers, samples], and the image, flat [z, x]. */
export interface Solved {
  readonly scalar: ArrayLike<number>;
  readonly born: ArrayLike<number>;
  readonly image: ArrayLike<number>;
}

/** One of the record's arrays, f64 or f32 in the file, flat. */
export function referenceArray(name: string): Float64Array {
  return Float64Array.from(decodeNpy(Deno.readFileSync(new URL(`${name}.npy`, FOLDER))).data as Vector);
}

/** The record's survey. Its unit cell sources push u down, the project's are delta functions that push it up. */
export function referenceGeometry(changes: Partial<Geometry> = {}): Geometry {
  const dz = 12.5, dx = 20, cell = (z: number, x: number) => [z * dz, x * dx] as const;
  return {
    grid: { shape: [64, 96], spacing: [dz, dx] },
    velocity: referenceArray("velocity"),
    sources: [cell(3, 20), cell(4, 70)],
    receivers: [Array.from({ length: 20 }, (_, i) => cell(3, 10 + 4 * i))],
    wavelet: { samples: referenceArray("wavelet").map((f) => -f * dz * dx), dt: 1e-3 },
    order: 8,
    sponge: { cells: 0 },
    muteRows: 0,
    amplitude: 1,
    every: 1,
    ...changes,
  };
}

/** Solves the record's survey for its dm and its data. */
export async function solveReference(pool: Pool): Promise<Solved> {
  const dm = referenceArray("dm");
  const shots = [0, 1].map((i) => ({
    name: `shot ${i}`,
    key: `${i}`,
    slot: i,
    firstReceiver: 0,
    weights: Float64Array.of(1 - i, i),
  }));
  const solve = async (operation: Batch["operation"], input: Vector) =>
    (await pool.run(0, { operation, count: 1, input, shots })).output;
  const images = await solve("migrate", referenceArray("data"));
  return {
    scalar: await solve("model", dm.map(() => 0)),
    born: await solve("demigrate", dm),
    image: dm.map((_, i) => images[i] + images[dm.length + i]),
  };
}

/** Relative error of what was solved against a part of the record. */
export function referenceErrors(
  { scalar, born, image }: Solved,
  part: keyof typeof PARTS,
): { scalar: number; born: number; image: number } {
  const { traces, rows } = PARTS[part];
  const error = (name: keyof Solved, values: ArrayLike<number>) =>
    relativeError(values, referenceArray(`${part}_${name}`));
  return {
    scalar: error("scalar", everyNth(scalar, { n: traces, length: 360 })),
    born: error("born", everyNth(born, { n: traces, length: 360 })),
    image: error("image", everyNth(image, { n: rows, length: 96 })),
  };
}

/** Every n-th row of an array of rows of that length. */
function everyNth(values: ArrayLike<number>, { n, length }: { n: number; length: number }): Float64Array {
  return Float64Array.from(values).filter((_, i) => Math.floor(i / length) % n === 0);
}
