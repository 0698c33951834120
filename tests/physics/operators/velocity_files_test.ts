import { assertEquals, assertThrows } from "@std/assert";
import { swapBytes } from "../../../core/data/numbers.ts";
import { encodeNpy } from "../../../core/data/npy.ts";
import { admittedModel, decodeNpyModel, decodeSegyModel } from "../../../physics/operators/velocity_files.ts";
import { encodeSegy, type SegyTrace } from "../../../physics/segy.ts";

const SHAPE = [3, 4], VELOCITIES = Float32Array.from({ length: 12 }, (_, i) => 1500 + 250 * i);

const npy = (values: Float32Array) => decodeNpyModel(encodeNpy(values, SHAPE));

function segyBytes(values: Float32Array, format: "ibm" | "ieee" = "ieee"): Uint8Array {
  const places = {
    cdp: 0,
    sourceX: 0,
    receiverX: 0,
    sourceElevation: 0,
    receiverElevation: 0,
    sourceDepth: 0,
  };
  const traces = Array.from({ length: SHAPE[1] }, (_, x): SegyTrace => ({
    ...places,
    samples: Float32Array.from({ length: SHAPE[0] }, (_, z) => values[SHAPE[1] * z + x]),
  }));
  return encodeSegy({ text: [], interval: 1e-3, format, littleEndian: false, traces });
}

Deno.test("velocities of both kinds of file are taken as they are, row by row", () => {
  for (const model of [npy(VELOCITIES), decodeSegyModel(segyBytes(VELOCITIES))]) {
    assertEquals([admittedModel(model, "v"), model.shape], [Float64Array.from(VELOCITIES), SHAPE]);
  }
});

Deno.test("velocities are refused by row and column where they are none", () => {
  for (const [value, text] of [[0, "0"], [-1500, "-1500"], [9001, "9001"], [299, "299"]] as const) {
    const model = npy(VELOCITIES.with(6, value));
    assertThrows(
      () => admittedModel(model, "v.npy"),
      Error,
      `v.npy has the value ${text} m/s in row 1, column 2: all velocities must be 300 to 9000 m/s`,
    );
  }
  assertThrows(
    () => admittedModel(npy(VELOCITIES.with(6, NaN)), "v.npy"),
    Error,
    "the value NaN in row 1, column 2",
  );
  admittedModel(npy(VELOCITIES.with(6, 300).with(7, 9000)), "v.npy");
});

const UNITS: [string, (v: number) => number][] = [
  ["km/s", (v) => v / 1000],
  ["ft/s", (v) => v / 0.3048],
  ["slownesses in s/m", (v) => 1 / v],
  ["squared slownesses in s^2/m^2", (v) => 1 / v ** 2],
];

for (const [name, written] of UNITS) {
  Deno.test(`velocities in another unit are refused with its name: ${name}`, () => {
    const fast = VELOCITIES.map((v) => 2 * v); // in ft/s above what is plausible in m/s
    const message = `All values would be velocities if they were ${name}: save them in m/s`;
    assertThrows(() => admittedModel(npy(fast.map(written)), "v.npy"), Error, message);
  });
}

Deno.test("floats that the headers misname are refused with the name of what they are", () => {
  const wrong = (bytes: Uint8Array) => () => admittedModel(decodeSegyModel(bytes), "v.sgy");
  const code = (bytes: Uint8Array, format: number) => {
    new DataView(bytes.buffer).setInt16(3224, format);
    return bytes;
  };
  const asRead = (name: string) => `Read as ${name} in big-endian order all values would be velocities`;
  assertThrows(wrong(code(segyBytes(VELOCITIES, "ibm"), 5)), Error, asRead("IBM floats"));
  assertThrows(wrong(code(segyBytes(VELOCITIES, "ieee"), 1)), Error, asRead("IEEE floats"));
  const bytes = segyBytes(VELOCITIES);
  for (let x = 0; x < SHAPE[1]; x++) {
    const at = 3600 + x * (240 + 12) + 240;
    swapBytes(bytes.subarray(at, at + 12), 4);
  }
  assertThrows(
    wrong(bytes),
    Error,
    "Read as IEEE floats in little-endian order all values would be velocities",
  );
  const swapped = VELOCITIES.slice();
  swapBytes(new Uint8Array(swapped.buffer), 4);
  assertThrows(() => admittedModel(npy(swapped), "v.npy"), Error, "Read in the other byte order all values");
});
