import { assertEquals, assertThrows } from "@std/assert";
import { decodeSafetensors, encodeSafetensors } from "../../../core/store/safetensors.ts";

const tensors = {
  b: { shape: [2, 1], values: Float32Array.of(1, -2) },
  "a/é": { shape: [], values: Float32Array.of(3) },
  none: { shape: [0, 4], values: new Float32Array(0) },
};

/** A file of the format with the given header; `data` zeros follow. */
function fileOf(header: string, data = 0): Uint8Array {
  const text = new TextEncoder().encode(header), out = new Uint8Array(8 + text.length + data);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  return out;
}

Deno.test("what is encoded is decoded, also from the middle of a larger array", () => {
  const bytes = encodeSafetensors(tensors, { step: "3" });
  assertEquals(decodeSafetensors(bytes), { tensors, metadata: { step: "3" } });
  const within = new Uint8Array(bytes.length + 3);
  within.set(bytes, 3);
  assertEquals(decodeSafetensors(within.subarray(3)).tensors, tensors);
});

Deno.test("the bytes follow the format: little-endian header length, JSON header padded to 8, f32 data", () => {
  const bytes = encodeSafetensors({ w: { shape: [1], values: Float32Array.of(1) } });
  const length = bytes[0];
  assertEquals([...bytes.subarray(1, 8), length % 8], [0, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), {
    __metadata__: {},
    w: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
  });
  assertEquals([...bytes.subarray(8 + length)], [0, 0, 0x80, 0x3f]);
});

Deno.test("every truncation is told as one", () => {
  const bytes = encodeSafetensors(tensors);
  for (let n = 0; n < bytes.length; n++) {
    assertThrows(() => decodeSafetensors(bytes.subarray(0, n)), Error, "truncated");
  }
});

for (
  const [what, bytes, message] of [
    ["another format", new TextEncoder().encode("\x93NUMPY and more"), "do not begin with a header's length"],
    ["a header that is not JSON", fileOf("{]"), "the header is not JSON"],
    ["values of another type", fileOf('{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', 2), "of f32"],
    ["a header without tensors", fileOf('{"w":3}'), "of f32"],
    ["a header that is no object", fileOf("null"), "of f32"],
    [
      "bytes behind the last tensor",
      fileOf('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 6),
      "damaged: 2 bytes follow that belong to no tensor",
    ],
    [
      "a shape that its bytes do not have",
      fileOf('{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', 8),
      "damaged: w of shape [3] has 8 bytes",
    ],
  ] as const
) {
  Deno.test(`${what} is refused in a sentence`, () => {
    assertThrows(() => decodeSafetensors(bytes), Error, message);
  });
}
