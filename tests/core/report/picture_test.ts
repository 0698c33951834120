import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { envelope, normalisedStd } from "../../../core/report/analytic.ts";
import { colorize, difference, magnitudeQuantile, transposed } from "../../../core/report/picture.ts";

const row = (...values: number[]) => ({ data: Float64Array.from(values), shape: [1, values.length] });

Deno.test("grey runs from black at the low clip over mid-grey to white at the high clip, NaN is white", async () => {
  const pixels = await colorize(row(-9, -1, 0, 1, NaN), { map: "grey", low: -1, high: 1 });
  assertEquals([...pixels].filter((_, i) => i % 3 === 0), [0, 0, 128, 255, 255]);
});

Deno.test("magma grows lighter all the way, so that greater is never darker", async () => {
  const steps = Array.from({ length: 256 }, (_, i) => i / 255);
  const pixels = await colorize(row(...steps), { map: "magma", low: 0, high: 1 });
  const light = steps.map((_, i) =>
    0.21 * pixels[3 * i] + 0.72 * pixels[3 * i + 1] + 0.07 * pixels[3 * i + 2]
  );
  for (let i = 8; i < 256; i += 8) assertLess(light[i - 8], light[i]);
  assertLess(light[0], 5);
});

Deno.test("transposing exchanges rows and columns", () => {
  const { data, shape } = transposed({ data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
  assertEquals([[...data], shape], [[1, 4, 2, 5, 3, 6], [3, 2]]);
});

Deno.test("the error is truth less estimate, the clip a quantile of magnitudes", () => {
  assertEquals([...difference(row(3, 1), row(1, 4)).data], [2, -3]);
  assertEquals(magnitudeQuantile([row(...Array.from({ length: 101 }, (_, i) => -i))], 0.99), 99);
});

/** Two columns of 64 rows: a cosine of amplitude 2 with eight periods, and silence. */
const wave = {
  data: Float64Array.from(
    { length: 128 },
    (_, i) => i % 2 ? 0 : 2 * Math.cos(2 * Math.PI * 8 * (i / 2) / 64),
  ),
  shape: [64, 2],
};

Deno.test("the envelope of a cosine down a column is its amplitude, and columns do not mix", () => {
  const { data } = envelope(wave);
  for (let i = 0; i < 128; i++) assertAlmostEquals(data[i], i % 2 ? 0 : 2, 1e-12);
});

Deno.test("the normalised deviation is sigma |a| / (|a|^2 + 1/2) in units of the mean's RMS", () => {
  const std = { data: wave.data.map(() => 0.3), shape: wave.shape };
  const { data } = normalisedStd(std, wave); // RMS 1: half the cells have mean square 2
  for (let i = 0; i < 128; i++) assertAlmostEquals(data[i], i % 2 ? 0 : 0.3 * 2 / 4.5, 1e-12);
});
