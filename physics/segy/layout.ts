/**
 * Where the traces of a SEG-Y file are. Headers are often filled by habit, or stale in a file that was cut, so each
 * fact counts in the revisions that have it alone, and of facts that disagree the one holds that the file's length
 * agrees with.
 */
import { BINARY, HEADER_BYTES, REVISION_1, REVISION_2, TRACE, TRACE_HEADER_BYTES } from "./fields.ts";
import { type Encoding, formatFault, formatOf, SAMPLE_BYTES } from "./formats.ts";
import { isStanza, TEXT_BYTES, textEnd } from "./text.ts";

interface Layout extends Encoding {
  /** Of the first trace's header. */
  readonly start: number;
  /** Bytes of the headers of a trace. */
  readonly header: number;
  /** Samples of each trace, and how many traces there are. */
  readonly samples: number;
  readonly traces: number;
  /** Sample interval [s]. */
  readonly interval: number;
}

/** What the headers say, in the revisions that have them. */
interface Facts extends Encoding {
  readonly samples: number;
  /** Microseconds; 0 where a trace says it. */
  readonly interval: number;
  readonly fixedLength: boolean;
  /** Where the first trace may be, the end of the last one and the headers of each, the likeliest first. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly headers: readonly number[];
  /** Whether textual headers of an unknown number follow that no stanza ends. */
  readonly endlessTexts: boolean;
}

/** Bytes from `start` to `end` that may be traces with `header` bytes of headers each. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly header: number;
}

export function layoutOf(bytes: Uint8Array): Layout {
  if (bytes.length < HEADER_BYTES) {
    throw new Error(
      `The file has ${bytes.length} bytes: a SEG-Y file begins with ${HEADER_BYTES} of headers`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), facts = factsOf(view, bytes);
  const stretches = facts.starts.flatMap((start) =>
    facts.ends.flatMap((end) => facts.headers.map((header): Stretch => ({ start, end, header })))
  );
  for (const stretch of stretches) {
    const counts = countsOf(view, { stretch, facts });
    if (!counts) continue;
    const different = counts.findIndex((count) => count !== counts[0]);
    if (different > 0) {
      throw new Error(
        `Trace ${different} has ${counts[different]} samples: it must have ${counts[0]}, as the first`,
      );
    }
    const { start, header } = stretch, { format, littleEndian } = facts;
    const interval = facts.interval || view.getUint16(start + TRACE.interval, littleEndian);
    return {
      format,
      littleEndian,
      start,
      header,
      samples: counts[0],
      traces: counts.length,
      interval: interval / 1e6,
    };
  }
  throw new Error(lengthFault(view, { stretch: stretches[0], facts }));
}

/** Samples of each trace, where they fill the stretch. */
function countsOf(
  view: DataView,
  { stretch, facts }: { stretch: Stretch; facts: Facts },
): readonly number[] | undefined {
  const byTrace = () => walk(view, { stretch, facts }).counts;
  const common = () => uniform(facts.samples, { stretch, facts });
  const first = () => uniform(firstCount(view, { stretch, facts }), { stretch, facts });
  // Traces of a fixed length have the file's count; others have their own, which a cut file keeps from before.
  const tries = facts.fixedLength ? [common, byTrace, first] : [byTrace, common, first];
  for (const attempt of tries) {
    const counts = attempt();
    if (counts) return counts;
  }
}

function uniform(
  samples: number,
  { stretch: { start, end, header }, facts }: { stretch: Stretch; facts: Facts },
): readonly number[] | undefined {
  const traces = (end - start) / (header + samples * SAMPLE_BYTES[facts.format]);
  if (samples > 0 && traces >= 1 && Number.isInteger(traces)) return new Array(traces).fill(samples);
}

/** From trace to trace by each one's own count, or the file's where it has none. */
function walk(
  view: DataView,
  { stretch: { start, end, header }, facts }: { stretch: Stretch; facts: Facts },
): { counts?: number[]; fault?: string } {
  const counts: number[] = [];
  for (let at = start; at < end;) {
    const cut = (wanted: number) => ({
      fault: `The file is cut off: trace ${counts.length} takes ${wanted} bytes, ${end - at} are there`,
    });
    if (end - at < header) return cut(header);
    const samples = view.getUint16(at + TRACE.samples, facts.littleEndian) || facts.samples;
    if (samples === 0) {
      return { fault: `Trace ${counts.length} has no samples: its header and the file's count 0` };
    }
    const size = header + samples * SAMPLE_BYTES[facts.format];
    if (end - at < size) return cut(size);
    counts.push(samples);
    at += size;
  }
  return counts.length > 0 ? { counts } : { fault: "The file has no traces" };
}

function firstCount(
  view: DataView,
  { stretch: { start, end, header }, facts }: { stretch: Stretch; facts: Facts },
): number {
  return end - start < header ? 0 : view.getUint16(start + TRACE.samples, facts.littleEndian);
}

function lengthFault(view: DataView, { stretch, facts }: { stretch: Stretch; facts: Facts }): string {
  if (facts.endlessTexts) {
    return "The file has extended textual headers of an unknown number: the last must hold ((SEG: EndText))";
  }
  const traceCount = firstCount(view, { stretch, facts }), { samples } = facts;
  if (traceCount === 0 || samples === 0 || traceCount === samples) {
    return walk(view, { stretch, facts }).fault!;
  }
  return `The file's length agrees with neither count of samples: ${samples} in the binary header, ${traceCount} in the ` +
    `first trace's; from byte ${stretch.start} on there are ${stretch.end - stretch.start} bytes of traces`;
}

function factsOf(view: DataView, bytes: Uint8Array): Facts {
  const revision = revisionOf(bytes), encoding = encodingOf(view, revision), { littleEndian } = encoding;
  const int16 = (at: number) => view.getInt16(at, littleEndian);
  const int32 = (at: number) => view.getInt32(at, littleEndian);
  const plain = {
    ...encoding,
    samples: view.getUint16(BINARY.samples, littleEndian),
    interval: view.getUint16(BINARY.interval, littleEndian),
    fixedLength: false,
    starts: [HEADER_BYTES],
    ends: [bytes.length],
    headers: [TRACE_HEADER_BYTES],
    endlessTexts: false,
  };
  if (revision === 0) return plain;
  const count = int16(REVISION_1.extendedTexts), texts = textEnd(bytes, { from: HEADER_BYTES, count });
  const first = {
    ...plain,
    fixedLength: int16(REVISION_1.fixedLength) === 1,
    starts: [texts ?? HEADER_BYTES, HEADER_BYTES],
    endlessTexts: texts === undefined,
  };
  if (revision === 1) return possible(first);
  const interval = view.getFloat64(REVISION_2.interval, littleEndian);
  const extra = [int32(REVISION_2.extraTraceHeaders), int16(REVISION_2.extraTraceHeaders), 0];
  return possible({
    ...first,
    samples: Math.max(0, int32(REVISION_2.samples)) || plain.samples,
    interval: interval > 0 && interval < Infinity ? interval : plain.interval,
    starts: [Number(view.getBigUint64(REVISION_2.firstTrace, littleEndian)), ...first.starts],
    ends: trailerStarts(bytes, int32(REVISION_2.trailers)),
    headers: extra.filter((count) => count >= 0).map((count) => TRACE_HEADER_BYTES * (1 + count)),
  });
}

/** Facts that the file has room for, each once. */
function possible(facts: Facts): Facts {
  const [last] = facts.ends.toSorted((a, b) => b - a);
  const within = (places: readonly number[]) =>
    [...new Set(places)].filter((place) => place >= HEADER_BYTES && place <= last);
  const headers = [...new Set(facts.headers)].filter((size) => size === TRACE_HEADER_BYTES || size < last);
  return { ...facts, starts: within(facts.starts), ends: within(facts.ends), headers };
}

/** Blocks of text that may follow the traces; -1: an unknown number of them, the first of which begins a stanza. */
function trailerStarts(bytes: Uint8Array, count: number): number[] {
  const begin = (blocks: number) => bytes.length - blocks * TEXT_BYTES;
  if (count >= 0) return [begin(count), begin(0)];
  const most = Math.floor((bytes.length - HEADER_BYTES) / TEXT_BYTES);
  const blocks = Array.from({ length: most }, (_, i) => most - i);
  return [...blocks.map(begin).filter((at) => isStanza(bytes, at)), begin(0)];
}

/** 0, 1 or 2: the first byte of the field, or its second one in files that wrote it as a plain number. */
function revisionOf(bytes: Uint8Array): number {
  const [major, minor] = bytes.subarray(BINARY.revision, BINARY.revision + 2), revision = major || minor;
  return revision <= 2 ? revision : 0;
}

/** Revision 2 has a number that shows the byte order; else the format's code, which is small, shows it. */
function encodingOf(view: DataView, revision: number): Encoding {
  const mark = revision === 2 ? view.getUint32(REVISION_2.byteOrder) : 0;
  if (mark === 0x02010403) {
    throw new Error(
      "The bytes of each pair are swapped: it must be written in big-endian or little-endian order",
    );
  }
  const orders = mark === 0x01020304 ? [false] : mark === 0x04030201 ? [true] : [false, true];
  for (const littleEndian of orders) {
    const format = formatOf(view.getInt16(BINARY.format, littleEndian));
    if (format) return { format, littleEndian };
  }
  throw new Error(formatFault(codeOf(view, orders)));
}

function codeOf(view: DataView, orders: readonly boolean[]): number {
  const codes = orders.map((littleEndian) => view.getInt16(BINARY.format, littleEndian));
  return codes.find((code) => code > 0 && code <= 16) ?? codes[0];
}
