import { assertEquals, assertThrows } from "@std/assert";
import { admit, type Expectation } from "../../../core/data/admit.ts";
import type { NumberArray } from "../../../core/data/numbers.ts";
import { positionText } from "../../../core/data/position.ts";

const IMAGES: Expectation = { from: "a.h5, data set x,", what: "images", must: "vary", single: true };

const admitted = (data: NumberArray, shape: number[], changes: Partial<Expectation> = {}) =>
  admit({ data, shape }, { ...IMAGES, ...changes });

Deno.test("an array that is as expected passes as it is", () => {
  const array = { data: Float64Array.of(1, 2, -3.5, 0), shape: [2, 2] };
  assertEquals(admit(array, IMAGES) === array, true);
  const range = { low: 0, high: 5, unit: "m" };
  for (
    const [data, shape, changes] of [
      [Int8Array.of(1, 2), [2], {}],
      [Float32Array.of(3), [1], {}],
      [Float64Array.of(3, 3), [2], { must: "not vanish" }],
      [Float64Array.of(0, 0), [2], { must: "be finite" }],
      [Float64Array.of(0, 5), [2], { range }],
      [Float64Array.of(1e300, 0), [2], { single: false }],
      [Float64Array.of(3.4028234663852886e38, 0), [2], {}],
    ] as [NumberArray, number[], Partial<Expectation>][]
  ) admitted(data, shape, changes);
});

const REFUSED: [string, NumberArray, number[], Partial<Expectation>, string][] = [
  [
    "no values",
    new Float32Array(0),
    [0, 3],
    {},
    "a.h5, data set x, has the shape [0, 3], which holds no images",
  ],
  [
    "values that are no numbers",
    Float32Array.of(1, 2, 3, NaN, 5, Infinity),
    [2, 3],
    {},
    "a.h5, data set x, has the value NaN in row 1, column 0, and 1 more such values: all images must be finite",
  ],
  ["infinity", Float64Array.of(-Infinity, 1), [2], {}, "has the value -Infinity in value 0: all"],
  [
    "beyond 32 bits",
    Float64Array.of(1, 1e39),
    [2],
    {},
    "has the value 1e+39 in value 1: all images must be within 3.4e38",
  ],
  ["nothing but 0", new Int16Array(6), [1, 2, 3], {}, "has no images but 0: some must differ from 0"],
  ["nothing but -0", Float32Array.of(0, -0), [2], {}, "has no images but 0"],
  ["a constant", Float32Array.of(7, 7), [2], {}, "has the value 7 everywhere: images must vary"],
  ["zeros that may be constant", new Float64Array(4), [2, 2], { must: "not vanish" }, "has no images but 0"],
  [
    "a value out of range",
    Int16Array.of(1, 6, 2, -1),
    [2, 2],
    { range: { low: 0, high: 5, unit: "m" } },
    "has the value 6 m in row 0, column 1, and 1 more such values: all images must be 0 to 5 m",
  ],
  [
    "values that tell what is wrong",
    Float32Array.of(9, 8),
    [2],
    { range: { low: 0, high: 5, unit: "m", cause: (values) => `The first is ${values[0]}` } },
    "must be 0 to 5 m. The first is 9",
  ],
];

for (const [what, data, shape, changes, message] of REFUSED) {
  Deno.test(`an array is refused by file, place and reason: ${what}`, () => {
    assertThrows(() => admitted(data, shape, changes), Error, message);
  });
}

Deno.test("what varies less than 32 bits resolve at its offset is refused, and what they resolve is not", () => {
  const wave = (offset: number, height: number) =>
    Float64Array.from({ length: 400 }, (_, i) => offset + height * Math.sin(i));
  // Numbers about 1e9 lie 64 apart in 32 bits.
  for (const height of [1e-3, 10, 60, 1e3]) {
    assertThrows(
      () => admitted(wave(1e9, height), [20, 20]),
      Error,
      "that 32 bits cannot tell apart: the value ",
    );
  }
  assertThrows(() => admitted(Int32Array.from(wave(1e9, 60)), [20, 20]), Error, "cannot tell apart");
  assertThrows(
    () => admitted(wave(0, 1e-60), [20, 20]),
    Error,
    "becomes 0, while the standard deviation is 7",
  );
  for (const [offset, height] of [[1e9, 1e5], [0, 1e-30], [1e-9, 1e-12], [0, 1e30]]) {
    admitted(wave(offset, height), [20, 20]);
  }
  admitted(wave(1e9, 10), [20, 20], { single: false });
});

Deno.test("places are rows and columns of the last two axes, counted from 0", () => {
  assertEquals([[], [5], [2, 3], [4, 2, 3], [2, 4, 2, 3]].map((shape) => positionText(0, shape)), [
    "its only value",
    "value 0",
    "row 0, column 0",
    "item 0, row 0, column 0",
    "item 0, 0, row 0, column 0",
  ]);
  assertEquals(positionText(3 * 6 + 4, [4, 2, 3]), "item 3, row 1, column 1");
});
