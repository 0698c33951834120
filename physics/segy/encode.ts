import { BINARY, HEADER_BYTES, REVISION_1, TRACE, TRACE_HEADER_BYTES } from "./fields.ts";
import { FORMATS } from "./formats.ts";
import { toIbm } from "./ibm_float.ts";
import { textBytes } from "./text.ts";
import type { Segy, SegyTrace } from "./types.ts";

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
  int16(REVISION_1.fixedLength, 1);
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
