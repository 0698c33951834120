import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { normals, rootKey } from "../../core/random.ts";
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
function integers(code: 3 | 8, values: readonly number[], littleEndian: boolean): Uint8Array {
  const size = code === 3 ? 2 : 1, out = new Uint8Array(3600 + 240 + size * values.length);
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
  values.forEach((v, n) =>
    code === 3 ? view.setInt16(3840 + 2 * n, v, littleEndian) : view.setInt8(3840 + n, v)
  );
  return out;
}

Deno.test("16-bit and 8-bit samples, ASCII text, both scalars and the file's own count are read", () => {
  for (const [code, values] of [[3, [-32768, 0, 1, 32767]], [8, [-128, 0, 127]]] as const) {
    for (const littleEndian of [false, true]) {
      const { text, interval, traces: [read] } = decodeSegy(integers(code, values, littleEndian));
      assertEquals([...read.samples], [...values]);
      assertEquals([text[0], interval], ["C 1 PLAIN ASCII", 2e-3]);
      assertEquals([read.sourceX, read.receiverElevation], [1230, -4.5]);
    }
  }
});

Deno.test("extended textual headers are passed over", () => {
  const bytes = encodeSegy(file()), long = new Uint8Array(bytes.length + 6400);
  long.set(bytes.subarray(0, 3600));
  long.set(bytes.subarray(3600), 3600 + 6400);
  new DataView(long.buffer).setInt16(3504, 2);
  assertEquals(decodeSegy(long), decodeSegy(bytes));
  new DataView(long.buffer).setInt16(3504, -1);
  assertThrows(() => decodeSegy(long), Error, "extended textual headers without a count");
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
  ["an unknown format", damaged({ 3224: 2 }), "The sample format is 2: it must be one of 1, 3, 5, 8"],
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
    damaged({ [3600 + TRACE_BYTES + 114]: 6 }),
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
