/**
 * SEG-Y of revisions 0 to 2 (Barry et al. 1975; SEG Technical Standards Committee 2002, 2017): a textual header of 40
 * lines, a binary header, and traces with a header of 240 bytes each. Files of revision 1 are written.
 */
import { TRACE } from "./segy/fields.ts";
import { type Encoding, readSamples, SAMPLE_BYTES } from "./segy/formats.ts";
import { layoutOf } from "./segy/layout.ts";
import { readText } from "./segy/text.ts";
import type { Segy, SegyTrace } from "./segy/types.ts";

export { encodeSegy } from "./segy/encode.ts";
export type { Segy, SegyTrace } from "./segy/types.ts";

/**
 * Reads a file of either byte order. Errors say what is wrong with it. `as`: how to read the samples, whatever the
 * headers say of them.
 */
export function decodeSegy(bytes: Uint8Array, as?: Encoding): Segy {
  const { start, header, samples, traces, interval, ...stored } = layoutOf(bytes);
  const { format, littleEndian } = stored, encoding = as ?? stored;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = header + samples * SAMPLE_BYTES[format];
  const trace = (_: unknown, i: number): SegyTrace => {
    const at = start + i * step;
    return {
      ...placesOf(view, { at, littleEndian }),
      samples: readSamples(view, { at: at + header, count: samples, ...encoding }),
    };
  };
  return {
    text: readText(bytes),
    interval,
    format,
    littleEndian,
    traces: Array.from({ length: traces }, trace),
  };
}

const NAMES = { ibm: "IBM floats", ieee: "IEEE floats", int32: "32-bit integers" } as const;

/** The other ways to read samples of the same size: where the headers lie, one of them makes sense of the samples. */
export function otherEncodings({ format, littleEndian }: Encoding): { name: string; encoding: Encoding }[] {
  const formats = format in NAMES ? Object.keys(NAMES) as (keyof typeof NAMES)[] : [format];
  const encodings = formats.flatMap((format) =>
    [true, false].map((littleEndian) => ({ format, littleEndian }))
  );
  return encodings.filter((other) => other.format !== format || other.littleEndian !== littleEndian)
    .map((encoding) => ({
      name: `${format in NAMES ? NAMES[encoding.format as keyof typeof NAMES] : "samples"} in ${
        encoding.littleEndian ? "little" : "big"
      }-endian order`,
      encoding,
    }));
}

function placesOf(
  view: DataView,
  { at, littleEndian }: { at: number; littleEndian: boolean },
): Omit<SegyTrace, "samples"> {
  const int16 = (offset: number) => view.getInt16(at + offset, littleEndian);
  const int32 = (offset: number) => view.getInt32(at + offset, littleEndian);
  const along = scalarOf(int16(TRACE.coordinateScalar)), up = scalarOf(int16(TRACE.elevationScalar));
  return {
    cdp: int32(TRACE.cdp),
    sourceX: along(int32(TRACE.sourceX)),
    receiverX: along(int32(TRACE.receiverX)),
    sourceElevation: up(int32(TRACE.sourceElevation)),
    receiverElevation: up(int32(TRACE.receiverElevation)),
    sourceDepth: up(int32(TRACE.sourceDepth)),
  };
}

/** A positive scalar multiplies, a negative one divides, 0 does nothing. */
function scalarOf(scalar: number): (stored: number) => number {
  if (scalar < 0) return (stored) => stored / -scalar;
  return (stored) => stored * (scalar || 1);
}
