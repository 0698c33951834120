import { assertEquals, assertThrows } from "@std/assert";
import { decodeNpy, encodeNpy } from "../../../core/data/npy.ts";

/** What numpy.save writes: magic, version 1.0, header padded to a multiple of 64 bytes, the values. */
function numpyFile(literal: string, values: number[]): Uint8Array {
  const header = literal.padEnd(117) + "\n";
  return Uint8Array.from([0x93, ...bytesOf("NUMPY"), 1, 0, 118, 0, ...bytesOf(header), ...values]);
}

const bytesOf = (text: string) => [...new TextEncoder().encode(text)];

Deno.test("arrays that numpy wrote are read", () => {
  const f4 = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
  const floats = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40];
  assertEquals(decodeNpy(numpyFile(f4, floats)), { data: Float32Array.of(1.5, -2, 3, 4), shape: [2, 2] });
  const i1 = "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }";
  assertEquals(decodeNpy(numpyFile(i1, [1, 0xFF, 0x80])), { data: Int8Array.of(1, -1, -128), shape: [3] });
  const scalar = "{'descr': '<i2', 'fortran_order': False, 'shape': (), }";
  assertEquals(decodeNpy(numpyFile(scalar, [2, 1])), { data: Int16Array.of(258), shape: [] });
});

Deno.test("an encoded array is byte for byte numpy's", () => {
  const literal = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3), }";
  assertEquals(encodeNpy(Uint8Array.of(7, 8, 9), [1, 3]), numpyFile(literal, [7, 8, 9]));
});

Deno.test("every type comes back as it went, also from a view at an odd offset", () => {
  const arrays = [
    Float64Array.of(Math.PI, -0, 1e300),
    Float32Array.of(0.1, NaN, 3),
    Int32Array.of(-5, 6, 2 ** 31 - 1),
    Int16Array.of(-32768, 0, 1),
    Uint16Array.of(65535, 0, 1),
  ];
  for (const data of arrays) {
    const file = encodeNpy(data, [3]), moved = new Uint8Array(file.length + 1);
    moved.set(file, 1);
    assertEquals(decodeNpy(moved.subarray(1)), { data, shape: [3] });
  }
});

/** Files that numpy.save wrote, in base64, and what numpy.load reads from them. */
const WRITTEN: { name: string; file: string; shape: number[]; values: number[] }[] = JSON.parse(
  await Deno.readTextFile(new URL("./npy_files.json", import.meta.url)),
);

for (const { name, file, shape, values } of WRITTEN) {
  Deno.test(`a file that numpy wrote is read as numpy.load reads it: ${name}`, () => {
    const read = decodeNpy(Uint8Array.from(atob(file), (c) => c.charCodeAt(0)));
    assertEquals([read.shape, [...read.data]], [shape, values]);
  });
}

Deno.test("the header's keys stand in any order, in either quotes, with any blanks", () => {
  const literal = `{ "shape" : ( 2L , ) ,'fortran_order':True, "descr":'|u1' }`;
  assertEquals(decodeNpy(numpyFile(literal, [3, 4])), { data: Uint8Array.of(3, 4), shape: [2] });
});

const plain = (descr: string, shape = "(2,)") =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
const big = [1, 0, 0, 0, 0, 0, 0x20, 0]; // 2^53 + 1
const REFUSED: [string, Uint8Array, string][] = [
  ["complex numbers", numpyFile(plain("'<c8'"), []), "type <c8, complex numbers: they must be real numbers"],
  ["objects", numpyFile(plain("'|O'"), []), "type |O, Python objects"],
  ["text", numpyFile(plain("'<U2'"), []), "type <U2, text"],
  ["dates", numpyFile(plain("'<M8[D]'"), []), "type <M8[D], dates"],
  [
    "long doubles",
    numpyFile(plain("'<f16'"), []),
    "type <f16, floats of a size that only some machines have",
  ],
  [
    "records",
    numpyFile(plain("[('v', '<f4'), ('w', '<i4')]"), []),
    "records of several fields, [('v', '<f4')",
  ],
  ["a negative size", numpyFile(plain("'<f4'", "(-1,)"), []), "shape is (-1,): it must be whole numbers"],
  [
    "no order",
    numpyFile("{'descr': '<f4', 'shape': (2,), }", []),
    "must name descr, fortran_order and shape",
  ],
  [
    "a strange order",
    numpyFile("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", []),
    "fortran_order is 0",
  ],
  [
    "too few bytes",
    numpyFile(plain("'<f4'"), [0, 0, 0, 0]),
    "cut off: shape [2] of f4 takes 8 bytes, 4 are there",
  ],
  [
    "too many bytes",
    numpyFile(plain("'|u1'"), [1, 2, 3]),
    "is longer than its array: shape [2] of u1 takes 2 bytes, 3 are there",
  ],
  [
    "integers that f64 rounds",
    numpyFile(plain("'<i8'", "(1, 2)"), [...new Array(8).fill(0), ...big]),
    "The 64-bit integer 9007199254740993 in row 0, column 1 is beyond 2^53",
  ],
  ["version 4", numpyFile(plain("'<f4'"), []).with(6, 4), "has version 4: it must be 1, 2 or 3"],
  ["half a header", numpyFile(plain("'<f4'"), []).subarray(0, 60), "cut off in its header"],
  ["the magic alone", numpyFile(plain("'<f4'"), []).subarray(0, 8), "cut off in its header"],
  ["a table", new TextEncoder().encode("a,b\n1,2"), "not a .npy file: it does not begin with"],
  ["an archive", Uint8Array.of(0x50, 0x4B, 3, 4, 0, 0, 0, 0), "an archive such as a .npz file"],
  ["no bytes", new Uint8Array(0), "not a .npy file"],
];

for (const [what, bytes, message] of REFUSED) {
  Deno.test(`a .npy file is refused in a sentence: ${what}`, () => {
    assertThrows(() => decodeNpy(bytes), Error, message);
  });
}

Deno.test("values that do not fill the shape are not written", () => {
  assertThrows(() => encodeNpy(new Float32Array(3), [2, 2]), Error, "do not fill");
});
