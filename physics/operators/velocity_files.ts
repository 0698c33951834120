import { admit } from "../../core/data/admit.ts";
import { type NumberArray, swapBytes } from "../../core/data/numbers.ts";
import { decodeNpy } from "../../core/data/npy.ts";
import { decodeSegy, otherEncodings } from "../segy.ts";

/** A velocity model, flat [z, x], its shape, and what its values would be if the file's headers were wrong. */
interface StoredModel {
  readonly data: NumberArray;
  readonly shape: readonly number[];
  otherReadings(): readonly Reading[];
}

interface Reading {
  readonly name: string;
  readonly values: NumberArray;
}

/** Slower than air and faster than any rock of the crust and the upper mantle [m/s]: no seismic velocity. */
const SLOWEST = 300, FASTEST = 9000;

export function decodeNpyModel(bytes: Uint8Array): StoredModel {
  const { data, shape } = decodeNpy(bytes);
  return { data, shape, otherReadings: () => [{ name: "in the other byte order", values: swapped(data) }] };
}

/** A SEG-Y file has one trace per column. */
export function decodeSegyModel(bytes: Uint8Array): StoredModel {
  const { traces, ...stored } = decodeSegy(bytes);
  const shape = [traces[0].samples.length, traces.length];
  return {
    data: columns(traces),
    shape,
    otherReadings: () =>
      otherEncodings(stored).map(({ name, encoding }) => ({
        name: `as ${name}`,
        values: columns(decodeSegy(bytes, encoding).traces),
      })),
  };
}

function columns(traces: readonly { readonly samples: ArrayLike<number> }[]): Float64Array {
  const nx = traces.length, nz = traces[0].samples.length;
  return Float64Array.from({ length: nz * nx }, (_, i) => traces[i % nx].samples[Math.floor(i / nx)]);
}

function swapped(data: NumberArray): NumberArray {
  const copy = data.slice();
  swapBytes(new Uint8Array(copy.buffer), copy.BYTES_PER_ELEMENT);
  return copy;
}

/** The model's velocities [m/s], or an error that says which one is none, and what may be wrong with the file. */
export function admittedModel(model: StoredModel, path: string): Float64Array {
  const { data } = admit(model, {
    from: path,
    what: "velocities",
    must: "be finite",
    range: { low: SLOWEST, high: FASTEST, unit: "m/s", cause: () => causeOf(model) },
  });
  return Float64Array.from(data);
}

/** What makes velocities of all values; undefined where nothing does. */
function causeOf({ data, otherReadings }: StoredModel): string | undefined {
  const unit = UNITS.find(({ toVelocity }) => plausible(data, toVelocity));
  if (unit) return `All values would be velocities if they were ${unit.name}: save them in m/s`;
  const reading = otherReadings().find(({ values }) => plausible(values));
  return reading && `Read ${reading.name} all values would be velocities: the file's header says otherwise`;
}

const UNITS: readonly { readonly name: string; toVelocity(v: number): number }[] = [
  { name: "km/s", toVelocity: (v) => 1000 * v },
  { name: "ft/s", toVelocity: (v) => 0.3048 * v },
  { name: "slownesses in s/m", toVelocity: (v) => 1 / v },
  { name: "squared slownesses in s^2/m^2", toVelocity: (v) => 1 / Math.sqrt(v) },
];

function plausible(values: NumberArray, toVelocity = (v: number) => v): boolean {
  return values.every((v: number) => {
    const velocity = toVelocity(v);
    return velocity >= SLOWEST && velocity <= FASTEST;
  });
}
