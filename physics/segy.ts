/**
 * SEG-Y revision 1 (SEG Technical Standards Committee 2002): a textual header of 40 lines, a binary header, and
 * traces with a header of 240 bytes each. Offsets count from 0, where the standard counts bytes from 1.
 */
import { fromIbm, toIbm } from "./segy/ibm_float.ts";
import { readText, TEXT_BYTES, textBytes } from "./segy/text.ts";

/** Sample formats by their code in the binary header; the first two are also written. */
export const FORMATS = { ibm: 1, ieee: 5, int16: 3, int8: 8 } as const;
export type SegyFormat = keyof typeof FORMATS;

/** One trace: places in metres along the line, elevations positive upwards, and its samples. */
export interface SegyTrace {
  readonly cdp: number;
  readonly sourceX: number;
  readonly receiverX: number;
  /** Of the surface at the source, and of the receiver. */
  readonly sourceElevation: number;
  readonly receiverElevation: number;
  /** Of the source below the surface. */
  readonly sourceDepth: number;
  readonly samples: Float32Array;
}

/** A file's content. */
export interface Segy {
  /** The textual header: lines of at most 80 characters. */
  readonly text: readonly string[];
  /** Sample interval [s]. */
  readonly interval: number;
  readonly format: SegyFormat;
  readonly littleEndian: boolean;
  /** All of one length. */
  readonly traces: readonly SegyTrace[];
}

const HEADER_BYTES = 3600, TRACE_HEADER_BYTES = 240;
const SAMPLE_BYTES: Readonly<Record<SegyFormat, number>> = { ibm: 4, ieee: 4, int16: 2, int8: 1 };

/** Offsets in the file of what the binary header tells. */
const BINARY = {
  tracesPerEnsemble: 3212,
  interval: 3216,
  samples: 3220,
  format: 3224,
  measurement: 3254,
  revision: 3500,
  fixedLength: 3502,
  extendedTexts: 3504,
} as const;

/** Offsets in a trace header. */
const TRACE = {
  sequenceInLine: 0,
  sequenceInFile: 4,
  field: 8,
  number: 12,
  cdp: 20,
  kind: 28,
  offset: 36,
  receiverElevation: 40,
  sourceElevation: 44,
  sourceDepth: 48,
  elevationScalar: 68,
  coordinateScalar: 70,
  sourceX: 72,
  receiverX: 80,
  coordinateUnit: 88,
  samples: 114,
  interval: 116,
} as const;

/** Reads a file of either byte order; 16-bit and 8-bit samples too. Errors say what is wrong with it. */
export function decodeSegy(bytes: Uint8Array): Segy {
  if (bytes.length < HEADER_BYTES) {
    throw new Error(
      `The file has ${bytes.length} bytes: a SEG-Y file begins with ${HEADER_BYTES} of headers`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { format, littleEndian } = readFormat(view);
  const extended = view.getInt16(BINARY.extendedTexts, littleEndian);
  if (extended < 0) throw new Error("The file has extended textual headers without a count: write the count");
  const start = HEADER_BYTES + extended * TEXT_BYTES, traces: SegyTrace[] = [];
  for (let at = start; at < bytes.length;) {
    const { trace, next } = readTrace(view, { at, index: traces.length, format, littleEndian });
    const { length } = traces[0]?.samples ?? trace.samples;
    if (trace.samples.length !== length) {
      throw new Error(
        `Trace ${traces.length} has ${trace.samples.length} samples: it must have ${length}, as the first`,
      );
    }
    traces.push(trace);
    at = next;
  }
  if (traces.length === 0) throw new Error("The file has no traces");
  const interval = view.getUint16(BINARY.interval, littleEndian) ||
    view.getUint16(start + TRACE.interval, littleEndian);
  return { text: readText(bytes), interval: interval / 1e6, format, littleEndian, traces };
}

/** The format's code is small, so only the right byte order shows one. */
function readFormat(view: DataView): { format: SegyFormat; littleEndian: boolean } {
  for (const littleEndian of [false, true]) {
    const code = view.getInt16(BINARY.format, littleEndian);
    const format = Object.entries(FORMATS).find(([, known]) => known === code)?.[0];
    if (format) return { format: format as SegyFormat, littleEndian };
  }
  const code = view.getInt16(BINARY.format), known = Object.values(FORMATS).sort((a, b) => a - b).join(", ");
  throw new Error(`The sample format is ${code}: it must be one of ${known}`);
}

function readTrace(
  view: DataView,
  { at, index, format, littleEndian }: {
    at: number;
    index: number;
    format: SegyFormat;
    littleEndian: boolean;
  },
): { trace: SegyTrace; next: number } {
  const cut = (wanted: number) =>
    new Error(
      `The file is cut off: trace ${index} takes ${wanted} bytes, ${view.byteLength - at} are there`,
    );
  if (view.byteLength - at < TRACE_HEADER_BYTES) throw cut(TRACE_HEADER_BYTES);
  const int16 = (offset: number) => view.getInt16(at + offset, littleEndian);
  const int32 = (offset: number) => view.getInt32(at + offset, littleEndian);
  const count = view.getUint16(at + TRACE.samples, littleEndian) ||
    view.getUint16(BINARY.samples, littleEndian);
  if (count === 0) throw new Error(`Trace ${index} has no samples: its header and the file's count 0`);
  const first = at + TRACE_HEADER_BYTES, next = first + count * SAMPLE_BYTES[format];
  if (next > view.byteLength) throw cut(next - at);
  const along = scalarOf(int16(TRACE.coordinateScalar)), up = scalarOf(int16(TRACE.elevationScalar));
  const samples = Float32Array.from(
    { length: count },
    (_, n) => READ[format](view, { at: first + n * SAMPLE_BYTES[format], littleEndian }),
  );
  return {
    trace: {
      cdp: int32(TRACE.cdp),
      sourceX: along(int32(TRACE.sourceX)),
      receiverX: along(int32(TRACE.receiverX)),
      sourceElevation: up(int32(TRACE.sourceElevation)),
      receiverElevation: up(int32(TRACE.receiverElevation)),
      sourceDepth: up(int32(TRACE.sourceDepth)),
      samples,
    },
    next,
  };
}

/** A positive scalar multiplies, a negative one divides, 0 does nothing. */
function scalarOf(scalar: number): (stored: number) => number {
  if (scalar < 0) return (stored) => stored / -scalar;
  return (stored) => stored * (scalar || 1);
}

type Read = (view: DataView, place: { at: number; littleEndian: boolean }) => number;

const READ: Readonly<Record<SegyFormat, Read>> = {
  ibm: (view, { at, littleEndian }) => fromIbm(view.getUint32(at, littleEndian)),
  ieee: (view, { at, littleEndian }) => view.getFloat32(at, littleEndian),
  int16: (view, { at, littleEndian }) => view.getInt16(at, littleEndian),
  int8: (view, { at }) => view.getInt8(at),
};

/** Places are stored in centimetres. */
const CENTIMETRES = -100;

/**
 * The bytes of a file of `format` "ibm" or "ieee", its textual header in EBCDIC. Places are rounded to centimetres.
 * The interval must be a whole number of microseconds.
 */
export function encodeSegy(segy: Segy): Uint8Array {
  const { format, littleEndian, traces } = segy, count = checkWritable(segy);
  const traceBytes = TRACE_HEADER_BYTES + 4 * count;
  const out = new Uint8Array(HEADER_BYTES + traces.length * traceBytes), view = new DataView(out.buffer);
  out.set(textBytes(segy.text));
  const int16 = (offset: number, value: number) => view.setInt16(offset, value, littleEndian);
  const microseconds = Math.round(segy.interval * 1e6);
  int16(BINARY.tracesPerEnsemble, 1);
  int16(BINARY.interval, microseconds);
  int16(BINARY.samples, count);
  int16(BINARY.format, FORMATS[format]);
  int16(BINARY.measurement, 1);
  int16(BINARY.revision, 0x0100);
  int16(BINARY.fixedLength, 1);
  traces.forEach((trace, index) => {
    const at = HEADER_BYTES + index * traceBytes;
    writeTraceHeader(trace, { view, at, index, microseconds, littleEndian });
    trace.samples.forEach((value, n) => {
      const place = at + TRACE_HEADER_BYTES + 4 * n;
      if (format === "ibm") view.setUint32(place, toIbm(value), littleEndian);
      else view.setFloat32(place, value, littleEndian);
    });
  });
  return out;
}

/** The number of samples of all traces; throws where the file could not be written. */
function checkWritable({ format, interval, traces }: Segy): number {
  if (format !== "ibm" && format !== "ieee") {
    throw new Error(`The sample format is ${format}: only ibm and ieee are written`);
  }
  const microseconds = interval * 1e6;
  if (
    Math.abs(microseconds - Math.round(microseconds)) > 1e-6 || microseconds < 0.5 || microseconds > 65535
  ) {
    throw new Error(`The interval is ${microseconds} us: it must be a whole number from 1 to 65535`);
  }
  const lengths = [...new Set(traces.map(({ samples }) => samples.length))];
  if (lengths.length !== 1 || lengths[0] < 1 || lengths[0] > 65535) {
    throw new Error(
      `The traces have ${lengths.join(", ") || "no"} samples: all must have one number, 1 to 65535`,
    );
  }
  return lengths[0];
}

function writeTraceHeader(
  trace: SegyTrace,
  { view, at, index, microseconds, littleEndian }: {
    view: DataView;
    at: number;
    index: number;
    microseconds: number;
    littleEndian: boolean;
  },
): void {
  const int16 = (offset: number, value: number) => view.setInt16(at + offset, value, littleEndian);
  const int32 = (offset: number, value: number) => view.setInt32(at + offset, value, littleEndian);
  const place = (offset: number, metres: number) => {
    const stored = Math.round(metres * -CENTIMETRES);
    if (Math.abs(stored) >= 2 ** 31) {
      throw new Error(`Trace ${index} has a place at ${metres} m: it must be within 21474836 m`);
    }
    int32(offset, stored);
  };
  for (const offset of [TRACE.sequenceInLine, TRACE.sequenceInFile, TRACE.field]) int32(offset, index + 1);
  int32(TRACE.number, 1);
  int32(TRACE.cdp, trace.cdp);
  int16(TRACE.kind, 1);
  int32(TRACE.offset, Math.round(trace.receiverX - trace.sourceX));
  place(TRACE.receiverElevation, trace.receiverElevation);
  place(TRACE.sourceElevation, trace.sourceElevation);
  place(TRACE.sourceDepth, trace.sourceDepth);
  int16(TRACE.elevationScalar, CENTIMETRES);
  int16(TRACE.coordinateScalar, CENTIMETRES);
  place(TRACE.sourceX, trace.sourceX);
  place(TRACE.receiverX, trace.receiverX);
  int16(TRACE.coordinateUnit, 1);
  int16(TRACE.samples, trace.samples.length);
  int16(TRACE.interval, microseconds);
}
