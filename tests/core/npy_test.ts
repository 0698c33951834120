import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { decodeNpy, encodeNpy, readNpy } from "../../core/npy.ts";

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
  ];
  for (const data of arrays) {
    const file = encodeNpy(data, [3]), moved = new Uint8Array(file.length + 1);
    moved.set(file, 1);
    assertEquals(decodeNpy(moved.subarray(1)), { data, shape: [3] });
  }
});

Deno.test("files that cannot be read are named with the reason", async () => {
  const fortran = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }";
  assertThrows(() => decodeNpy(numpyFile(fortran, [])), Error, "Fortran order");
  const complex = "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }";
  assertThrows(() => decodeNpy(numpyFile(complex, [])), Error, "type <c8");
  const short = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  assertThrows(() => decodeNpy(numpyFile(short, [0, 0, 0, 0])), Error, "takes 8 bytes, 4 are there");
  assertThrows(() => decodeNpy(new TextEncoder().encode("a,b\n1,2")), Error, "not a .npy file");
  assertThrows(() => encodeNpy(new Float32Array(3), [2, 2]), Error, "do not fill");
  await assertRejects(() => readNpy("nowhere/x.npy"), Deno.errors.NotFound, "There is no file nowhere/x.npy");
});
