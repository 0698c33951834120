import { positionText } from "./position.ts";

/** Numbers that a file holds, in memory; flat in C order. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Types that are kept as they are, by NumPy's codes: a letter and the bytes of one number. */
export const KEPT = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
} as const;

/** Types that become others: booleans 0 and 1, half floats f32, 64-bit integers f64 where that is exact. */
const CONVERTED = {
  b1: (bytes: Uint8Array) => bytes.map((v) => v === 0 ? 0 : 1),
  f2: ({ buffer }: Bytes) => Float32Array.from(new Float16Array(buffer)),
  i8: ({ buffer }: Bytes, shape: readonly number[]) => exact(new BigInt64Array(buffer), shape),
  u8: ({ buffer }: Bytes, shape: readonly number[]) => exact(new BigUint64Array(buffer), shape),
} as const;

type Bytes = Uint8Array<ArrayBuffer>;

/** A type of numbers as NumPy codes it. */
export type NumberCode = keyof typeof KEPT | keyof typeof CONVERTED;

export const NUMBER_CODES = [...Object.keys(KEPT), ...Object.keys(CONVERTED)].sort() as NumberCode[];

/** Bytes of one number. */
export function bytesOf(code: NumberCode): number {
  return Number(code.slice(1));
}

/** The numbers that bytes hold. `shape` is that of the whole, to say where one cannot be read. */
export function decodeNumbers(
  bytes: Uint8Array,
  { code, shape, bigEndian = false }: { code: NumberCode; shape: readonly number[]; bigEndian?: boolean },
): NumberArray {
  const copy = new Uint8Array(bytes);
  if (bigEndian) swapBytes(copy, bytesOf(code));
  return code in KEPT
    ? new KEPT[code as keyof typeof KEPT](copy.buffer)
    : CONVERTED[code as keyof typeof CONVERTED](copy, shape);
}

/** Reverses each group of `size` bytes, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; size > 1 && at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

function exact(values: BigInt64Array | BigUint64Array, shape: readonly number[]): Float64Array {
  return Float64Array.from({ length: values.length }, (_, i) => {
    const value = Number(values[i]);
    if (Number.isSafeInteger(value)) return value;
    throw new Error(
      `The 64-bit integer ${values[i]} in ${positionText(i, shape)} is beyond 2^53: ` +
        "numbers of this size must be saved as float64",
    );
  });
}
