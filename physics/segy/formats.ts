import { fromIbm } from "./ibm_float.ts";

/** Sample formats by their code in the binary header. `ibm` and `ieee` are also written. */
export const FORMATS = { ibm: 1, int32: 2, int16: 3, ieee: 5, ieee64: 6, int8: 8 } as const;
export type SegyFormat = keyof typeof FORMATS;

export const SAMPLE_BYTES: Readonly<Record<SegyFormat, number>> = {
  ibm: 4,
  int32: 4,
  int16: 2,
  ieee: 4,
  ieee64: 8,
  int8: 1,
};

/** Formats of the standard that are not read. */
const OTHERS: Readonly<Record<number, string>> = {
  4: "fixed point with gain",
  7: "24-bit integers",
  9: "64-bit integers",
  10: "unsigned 32-bit integers",
  11: "unsigned 16-bit integers",
  12: "unsigned 64-bit integers",
  15: "unsigned 24-bit integers",
  16: "unsigned 8-bit integers",
};

export function formatOf(code: number): SegyFormat | undefined {
  return (Object.keys(FORMATS) as SegyFormat[]).find((name) => FORMATS[name] === code);
}

/** Why a code cannot be read. */
export function formatFault(code: number): string {
  const codes = Object.values(FORMATS).sort((a, b) => a - b).join(", "), other = OTHERS[code];
  return `The sample format is ${code}${other ? `, ${other}` : ""}: it must be one of ${codes}`;
}

/** How the samples of a file are stored. */
export interface Encoding {
  readonly format: SegyFormat;
  readonly littleEndian: boolean;
}

/** `count` samples from the offset `at` on; 32-bit integers and 64-bit floats keep all their digits. */
export function readSamples(
  view: DataView,
  { at, count, format, littleEndian }: Encoding & { at: number; count: number },
): Float32Array | Float64Array {
  const wide = format === "int32" || format === "ieee64";
  const out = wide ? new Float64Array(count) : new Float32Array(count), read = READ[format];
  for (let n = 0; n < count; n++) out[n] = read(view, at + n * SAMPLE_BYTES[format], littleEndian);
  return out;
}

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

const READ: Readonly<Record<SegyFormat, Read>> = {
  ibm: (view, at, littleEndian) => fromIbm(view.getUint32(at, littleEndian)),
  int32: (view, at, littleEndian) => view.getInt32(at, littleEndian),
  int16: (view, at, littleEndian) => view.getInt16(at, littleEndian),
  ieee: (view, at, littleEndian) => view.getFloat32(at, littleEndian),
  ieee64: (view, at, littleEndian) => view.getFloat64(at, littleEndian),
  int8: (view, at) => view.getInt8(at),
};
