/** The gate that every array passes which the program has not made itself. */
import type { NumberArray } from "./numbers.ts";
import { positionText } from "./position.ts";

/** The requirements on an array, and its name in messages. */
export interface Expectation {
  /** The file, and the data set in it where it holds several: "images.h5, data set stack". */
  readonly from: string;
  /** The values in the plural: "velocities". */
  readonly what: string;
  /** What the values must do, beside being finite. */
  readonly must: "vary" | "not vanish" | "be finite";
  /** Whether they will be kept in 32 bits. */
  readonly single?: boolean;
  /** Limits on each value, and what may have gone wrong where they are exceeded. */
  readonly range?: {
    readonly low: number;
    readonly high: number;
    readonly unit: string;
    cause?(values: NumberArray): string | undefined;
  };
}

interface Outside {
  readonly data: NumberArray;
  readonly shape: readonly number[];
}

/** The very array, where it is as expected; else an error that says which value is not, and where. */
export function admit<A extends Outside>(array: A, expected: Expectation): A {
  const fault = emptyFault(array, expected) ?? valueFault(array, expected) ?? sameFault(array, expected) ??
    precisionFault(array, expected);
  if (fault) throw new Error(`${expected.from} ${fault}`);
  return array;
}

function emptyFault({ data, shape }: Outside, { what }: Expectation): string | undefined {
  if (data.length > 0) return;
  return `has the shape [${shape.join(", ")}], which holds no ${what}: it must hold some`;
}

/** Numbers beyond it are infinite in 32 bits. */
const LARGEST_SINGLE = 2 ** 128 - 2 ** 103;

/** The first value that is not finite or out of range. */
function valueFault({ data, shape }: Outside, { what, single, range }: Expectation): string | undefined {
  if (!range && !isFloat(data)) return;
  const [low, high] = range ? [range.low, range.high] : [-Infinity, Infinity];
  const largest = single ? LARGEST_SINGLE : Number.MAX_VALUE;
  const right = (v: number) => Math.abs(v) <= largest && v >= low && v <= high;
  let first = -1, count = 0;
  for (let i = 0; i < data.length; i++) {
    if (right(data[i])) continue;
    if (first < 0) first = i;
    count++;
  }
  if (first < 0) return;
  const place = positionText(first, shape), value = data[first];
  const more = count > 1 ? `, and ${count - 1} more such values` : "";
  if (!Number.isFinite(value)) {
    return `has the value ${value} in ${place}${more}: all ${what} must be finite numbers`;
  }
  if (!(Math.abs(value) <= largest)) {
    return `has the value ${value} in ${place}${more}: all ${what} must be within 3.4e38, as 32-bit floats are`;
  }
  const { unit, cause } = range!, why = cause?.(data);
  return `has the value ${
    short(value)
  } ${unit} in ${place}${more}: all ${what} must be ${low} to ${high} ${unit}` +
    (why ? `. ${why}` : "");
}

/** Values that are all one. */
function sameFault({ data }: Outside, { what, must }: Expectation): string | undefined {
  if (must === "be finite" || data.some((v) => v !== data[0])) return;
  if (data[0] === 0) return `has no ${what} but 0: some must differ from 0`;
  if (must === "vary" && data.length > 1) {
    return `has the value ${short(data[0])} everywhere: ${what} must vary`;
  }
}

/** Rounding that is a larger part than this of the values' own standard deviation spoils them. */
const MOST_ROUNDING = 0.01;

/** Rounding to 32 bits that loses what varies about a large offset, or next to zero. */
function precisionFault({ data, shape }: Outside, { what, must, single }: Expectation): string | undefined {
  if (!single || must !== "vary" || data.BYTES_PER_ELEMENT <= 2 || data instanceof Float32Array) return;
  const offset = data[0];
  let spread = 0;
  for (let i = 0; i < data.length; i++) spread = Math.max(spread, Math.abs(data[i] - offset));
  if (spread === 0) return;
  let sum = 0, squares = 0, rounding = 0, worst = 0, first = 0;
  for (let i = 0; i < data.length; i++) {
    const from = (data[i] - offset) / spread, error = Math.abs(data[i] - Math.fround(data[i])) / spread;
    sum += from;
    squares += from * from;
    rounding += error * error;
    if (error > worst) [worst, first] = [error, i];
  }
  const variance = squares / data.length - (sum / data.length) ** 2;
  if (rounding / data.length <= MOST_ROUNDING ** 2 * variance) return;
  return `has ${what} that 32 bits cannot tell apart: the value ${data[first]} in ${
    positionText(first, shape)
  } becomes ${Math.fround(data[first])}, while the standard deviation is ${
    short(spread * Math.sqrt(variance))
  }. ` +
    "Take off the mean or rescale them before saving";
}

function isFloat(data: NumberArray): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}
