import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { normals, rootKey } from "../../core/base/random.ts";
import { decodeSegy, encodeSegy, type Segy, type SegyTrace } from "../../physics/segy.ts";
import { fromIbm, toIbm } from "../../physics/segy/ibm_float.ts";

function trace(i: number, samples: Float32Array): SegyTrace {
  return {
    cdp: 100 + i,
    sourceX: 12.5 * i,
    receiverX: 12.5 * i - 150.25,
    sourceElevation: 3.1,
    receiverElevation: -7.42,
    sourceDepth: 25,
    samples,
  };
}

const TEXT = ["C 1 A line of three traces; [x] ^ {y} \\ ~ | `q'", "", "C40 END TEXTUAL HEADER"];

function file(changes: Partial<Segy> = {}): Segy {
  const traces = [0, 1, 2].map((i) => trace(i, normals(rootKey(i), 7)));
  return { text: TEXT, interval: 1.378e-3, format: "ieee", littleEndian: false, traces, ...changes };
}

for (const format of ["ibm", "ieee"] as const) {
  for (const littleEndian of [false, true]) {
    const order = littleEndian ? "little" : "big";
    Deno.test(`${format} files of ${order} endian come back byte for byte, with all that they say`, () => {
      const written = file({ format, littleEndian }), bytes = encodeSegy(written), read = decodeSegy(bytes);
      assertEquals(encodeSegy(read), bytes);
      assertEquals([read.format, read.littleEndian, read.interval], [format, littleEndian, 1.378e-3]);
      assertEquals(read.text.filter((line) => line !== ""), TEXT.filter((line) => line !== ""));
      read.traces.forEach((got, i) => {
        const { samples, ...places } = written.traces[i];
        assertEquals({ ...got, samples: undefined }, { ...places, samples: undefined });
        // An IBM float keeps at least 21 bits: half a unit of the last one.
        samples.forEach((v, n) =>
          assertLess(Math.abs(got.samples[n] - v), format === "ibm" ? 2 ** -21 * Math.abs(v) : 1e-30)
        );
      });
    });
  }
}

const KNOWN: [number, number][] = [
  [0xC276A000, -118.625],
  [0x42640000, 100],
  [0x41100000, 1],
  [0x40800000, 0.5],
  [0xC1100000, -1],
  [0x413243F7, 3294199 / 2 ** 20],
  [0x60FFFFFF, 16 ** 32 * (1 - 2 ** -24)],
  [0x00000000, 0],
];

for (const [word, value] of KNOWN) {
  Deno.test(`the IBM float 0x${word.toString(16).padStart(8, "0")} is ${value}, both ways`, () => {
    assertEquals(fromIbm(word), value);
    assertEquals(toIbm(value), word);
  });
}

Deno.test("IBM floats that are not normalized are read", () => {
  assertEquals([fromIbm(0x42010000), fromIbm(0x43001000)], [1, 1]);
});

Deno.test("every normalized IBM float within f32 comes back bit for bit", () => {
  for (let i = 0; i < 4000; i++) {
    const digits = 0x100000 + (i * 2654435761 >>> 0) % 0xF00000, exponent = 40 + i % 50, sign = i % 2;
    const word = (sign * 128 + exponent) * 2 ** 24 + digits;
    assertEquals(toIbm(fromIbm(word)), word);
    assertEquals(Math.fround(fromIbm(word)), fromIbm(word), "f32 holds it");
  }
});

Deno.test("a rounding that carries into the next hexadecimal digit raises the exponent", () => {
  assertEquals(toIbm(1 - 2 ** -30), 0x41100000);
  assertThrows(() => toIbm(NaN), Error, "IBM floats have no NaN");
});

/** A file of one trace with stored integers: the test's own writer. */
function integers(code: 2 | 3 | 6 | 8, values: readonly number[], littleEndian: boolean): Uint8Array {
  const size = { 2: 4, 3: 2, 6: 8, 8: 1 }[code], out = new Uint8Array(3600 + 240 + size * values.length);
  const view = new DataView(out.buffer);
  out.fill(0x20, 0, 3200);
  out.set(new TextEncoder().encode("C 1 PLAIN ASCII"));
  view.setInt16(3216, 2000, littleEndian);
  view.setInt16(3220, values.length, littleEndian);
  view.setInt16(3224, code, littleEndian);
  view.setInt16(3600 + 70, 10, littleEndian);
  view.setInt32(3600 + 72, 123, littleEndian);
  view.setInt16(3600 + 68, -1000, littleEndian);
  view.setInt32(3600 + 40, -4500, littleEndian);
  values.forEach((v, n) => {
    const at = 3840 + size * n;
    if (code === 2) view.setInt32(at, v, littleEndian);
    else if (code === 3) view.setInt16(at, v, littleEndian);
    else if (code === 6) view.setFloat64(at, v, littleEndian);
    else view.setInt8(at, v);
  });
  return out;
}

Deno.test("integers of 32, 16 and 8 bits, floats of 64, ASCII text, both scalars and the file's own count are read", () => {
  const stored = [
    [2, [-(2 ** 31), 0, 2 ** 31 - 1, 16777217]],
    [3, [-32768, 0, 1, 32767]],
    [6, [1 / 3, -1e300, 0]],
    [8, [-128, 0, 127]],
  ] as const;
  for (const [code, values] of stored) {
    for (const littleEndian of [false, true]) {
      const { text, interval, traces: [read] } = decodeSegy(integers(code, values, littleEndian));
      assertEquals([...read.samples], [...values]);
      assertEquals([text[0], interval], ["C 1 PLAIN ASCII", 2e-3]);
      assertEquals([read.sourceX, read.receiverElevation], [1230, -4.5]);
    }
  }
});

/** A file whose first 3600 bytes and traces are parted by blocks of text, with others behind the traces. */
function withTexts(bytes: Uint8Array, { before = [], after = [] }: { before?: string[]; after?: string[] }) {
  const block = (text: string) => new TextEncoder().encode(text.padEnd(3200));
  const parts = [bytes.subarray(0, 3600), ...before.map(block), bytes.subarray(3600), ...after.map(block)];
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The bytes with other 16-bit words, by their offset. */
function edited(bytes: Uint8Array, words: Readonly<Record<number, number>>): Uint8Array {
  const out = bytes.slice(), view = new DataView(out.buffer);
  for (const [at, value] of Object.entries(words)) view.setInt16(Number(at), value);
  return out;
}

const REVISION = 3500, FIXED = 3502, TEXTS = 3504;

Deno.test("extended textual headers are passed over, a stated number of them or up to their end", () => {
  const bytes = encodeSegy(file()), read = decodeSegy(bytes);
  const two = withTexts(bytes, { before: ["((SEG: Location Data))", "more"] });
  assertEquals(decodeSegy(edited(two, { [TEXTS]: 2 })), read);
  for (const end of ["((SEG: EndText))", "((seg:endtext))"]) {
    const ended = withTexts(bytes, { before: ["((SEG: Location Data))", `some lines, then ${end}`] });
    assertEquals(decodeSegy(edited(ended, { [TEXTS]: -1 })), read);
  }
  const endless = edited(withTexts(bytes, { before: ["((SEG: Location Data))"] }), { [TEXTS]: -1 });
  assertThrows(() => decodeSegy(endless), Error, "the last must hold ((SEG: EndText))");
});

Deno.test("bytes that revision 0 leaves unassigned mean nothing, whatever they hold", () => {
  const bytes = encodeSegy(file()), read = decodeSegy(bytes);
  for (const fill of [0x00, 0x20, 0x40, 0xFF, 0x55]) {
    const old = bytes.slice();
    old.fill(fill, 3260, 3600);
    assertEquals(decodeSegy(old), read, `filled with ${fill}`);
  }
});

Deno.test("a number of extended headers that the file has no room for is not believed", () => {
  const bytes = encodeSegy(file()), read = decodeSegy(bytes);
  for (const count of [1, 3, 8224, -1]) assertEquals(decodeSegy(edited(bytes, { [TEXTS]: count })), read);
});

Deno.test("of two counts of samples the one holds that the file's length agrees with", () => {
  const bytes = encodeSegy(file()),
    read = decodeSegy(bytes),
    own = [0, 1, 2].map((i) => 3600 + i * 268 + 114);
  for (const revision of [0, 0x0100]) {
    const head = { [REVISION]: revision, [FIXED]: 0 };
    const stale = Object.fromEntries(own.map((at) => [at, 1500]));
    assertEquals(decodeSegy(edited(bytes, { ...head, ...stale })), read, "stale in the traces");
    assertEquals(decodeSegy(edited(bytes, { ...head, 3220: 1500 })), read, "stale in the file");
    assertEquals(decodeSegy(edited(bytes, { ...head, 3220: 0 })), read, "absent in the file");
    assertEquals(decodeSegy(edited(bytes, { ...head, [own[1]]: 6 })), read, "wrong in one trace");
  }
  const neither = edited(bytes, { 3220: 90, [own[0]]: 50 });
  assertThrows(
    () => decodeSegy(neither),
    Error,
    "neither count of samples: 90 in the binary header, 50 in the first trace's; from byte 3600 on there are 804 bytes",
  );
});

/** The file in revision 2, of either byte order, with its own fields set. */
function revision2(
  bytes: Uint8Array,
  set: (view: DataView, little: boolean) => void,
  little = false,
): Uint8Array {
  const out = bytes.slice(), view = new DataView(out.buffer);
  out.set([2, 0], REVISION);
  view.setUint32(3296, 0x01020304, little);
  set(view, little);
  return out;
}

Deno.test("revision 2 is read: its counts, its interval, its offset of the first trace, its trailers", () => {
  for (const little of [false, true]) {
    const bytes = encodeSegy(file({ littleEndian: little })), { interval, ...read } = decodeSegy(bytes);
    const same = (changed: Uint8Array, what: string) => {
      const { interval: _, ...found } = decodeSegy(changed);
      assertEquals(found, read, `${what}, little-endian: ${little}`);
    };
    same(revision2(bytes, () => {}, little), "nothing more");
    same(
      revision2(bytes, (view) => view.setInt16(3220, 0, little) ?? view.setInt32(3268, 7, little), little),
      "samples",
    );
    const texts = withTexts(bytes, { before: ["((SEG: A))"], after: ["((SEG: B))", "more of it"] });
    same(
      revision2(texts, (view) => {
        view.setBigUint64(3520, 6800n, little);
        view.setInt32(3528, 2, little);
      }, little),
      "an offset and two trailers",
    );
    same(
      revision2(texts, (view) => {
        view.setInt16(3504, 1, little);
        view.setInt32(3528, -1, little);
      }, little),
      "a header and trailers of unknown number",
    );
    const exact = revision2(bytes, (view) => view.setFloat64(3272, 1378.5, little), little);
    assertEquals([interval, decodeSegy(exact).interval], [1.378e-3, 1378.5e-6]);
  }
});

Deno.test("additional trace headers of revision 2 are passed over", () => {
  const bytes = encodeSegy(file()), read = decodeSegy(bytes), traces = 3, extra = new Uint8Array(240);
  const long = new Uint8Array(bytes.length + traces * 240);
  long.set(bytes.subarray(0, 3600));
  for (let i = 0; i < traces; i++) {
    const from = 3600 + i * 268, to = 3600 + i * 508;
    long.set(bytes.subarray(from, from + 240), to);
    long.set(extra, to + 240);
    long.set(bytes.subarray(from + 240, from + 268), to + 480);
  }
  for (
    const set of [
      (view: DataView) => view.setInt32(3506, 1), // revision 2.0
      (view: DataView) => view.setInt16(3506, 1), // revision 2.1
    ]
  ) {
    assertEquals(decodeSegy(revision2(long, set)), read);
  }
  assertEquals(decodeSegy(revision2(bytes, (view) => view.setInt32(3506, 1))), read, "none are there");
});

Deno.test("bytes that are swapped in pairs are refused by name", () => {
  const bytes = revision2(encodeSegy(file()), (view) => view.setUint32(3296, 0x02010403));
  assertThrows(() => decodeSegy(bytes), Error, "The bytes of each pair are swapped");
});

/** A written file with some of its 16-bit words replaced. */
function damaged(words: Readonly<Record<number, number>>, length?: number): Uint8Array {
  const bytes = encodeSegy(file()), view = new DataView(bytes.buffer);
  for (const [at, value] of Object.entries(words)) view.setInt16(Number(at), value);
  return bytes.subarray(0, length);
}

const TRACE_BYTES = 240 + 7 * 4;
const MALFORMED: [string, Uint8Array, string][] = [
  ["no headers", damaged({}, 100), "The file has 100 bytes: a SEG-Y file begins with 3600 of headers"],
  ["no traces", damaged({}, 3600), "The file has no traces"],
  ["an unknown format", damaged({ 3224: 99 }), "The sample format is 99: it must be one of 1, 2, 3, 5, 6, 8"],
  [
    "a format of old",
    damaged({ 3224: 4 }),
    "The sample format is 4, fixed point with gain: it must be one of",
  ],
  [
    "a trace header cut off",
    damaged({}, 3600 + TRACE_BYTES + 17),
    "The file is cut off: trace 1 takes 240 bytes, 17 are there",
  ],
  [
    "samples cut off",
    damaged({}, 3600 + 3 * TRACE_BYTES - 1),
    "The file is cut off: trace 2 takes 268 bytes, 267 are there",
  ],
  ["no samples", damaged({ 3220: 0, 3714: 0 }), "Trace 0 has no samples: its header and the file's count 0"],
  [
    "traces of two lengths",
    // Trace 1 has one sample less, as its header says.
    Uint8Array.from([...damaged({ [FIXED]: 0, [3600 + TRACE_BYTES + 114]: 6 })])
      .filter((_, i) => i < 3600 + 2 * TRACE_BYTES - 4 || i >= 3600 + 2 * TRACE_BYTES),
    "Trace 1 has 6 samples: it must have 7, as the first",
  ],
];

for (const [what, bytes, message] of MALFORMED) {
  Deno.test(`a file with ${what} is refused by name`, () => {
    assertThrows(() => decodeSegy(bytes), Error, message);
  });
}

const UNWRITABLE: [string, Partial<Segy>, string][] = [
  ["16-bit samples", { format: "int16" }, "only ibm and ieee are written"],
  ["a fraction of a microsecond", { interval: 1.5e-6 }, "The interval is 1.5 us: it must be a whole number"],
  ["no traces", { traces: [] }, "The traces have no samples"],
  [
    "traces of two lengths",
    { traces: [trace(0, new Float32Array(3)), trace(1, new Float32Array(4))] },
    "The traces have 3, 4 samples",
  ],
  ["a foreign character", { text: ["é"] }, "has the character é"],
  ["a long line", { text: ["x".repeat(81)] }, "at most 40 lines of 80 characters"],
  [
    "a place beyond 32 bits",
    { traces: [{ ...trace(0, new Float32Array(3)), sourceX: 3e7 }] },
    "Trace 0 has a place at 30000000 m",
  ],
];

for (const [what, changes, message] of UNWRITABLE) {
  Deno.test(`${what} cannot be written`, () => {
    assertThrows(() => encodeSegy(file(changes)), Error, message);
  });
}
