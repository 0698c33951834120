import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  type Background,
  namedVelocities,
  velocityModel,
  velocityRange,
  waterRows,
} from "../../physics/background.ts";
import type { Grid } from "../../physics/grid.ts";

const grid: Grid = { shape: [8, 3], spacing: [10, 20] }, water = { depth: 20, velocity: 1500 };

/** The first column. */
const column = (background: Background, on: Grid = grid) =>
  [...velocityModel(background, on)].filter((_, i) => i % on.shape[1] === 0);

Deno.test("a gradient runs from below the water to the last row", () => {
  const background: Background = { kind: "gradient", top: 2000, bottom: 2500, water };
  assertEquals(column(background), [1500, 1500, 2000, 2100, 2200, 2300, 2400, 2500]);
  assertEquals(waterRows(background, grid), 2);
});

Deno.test("layers begin at their depths, the first one at the water or the surface", () => {
  const layers = [{ depth: 30, velocity: 2000 }, { depth: 50, velocity: 3000 }];
  assertEquals(column({ kind: "layered", layers, water }), [1500, 1500, 2000, 2000, 2000, 3000, 3000, 3000]);
  assertEquals(column({ kind: "layered", layers })[0], 2000);
});

Deno.test("a given model is taken as it is, under the water", () => {
  const model = Float64Array.from({ length: 24 }, (_, i) => 2000 + i);
  assertEquals(velocityModel({ kind: "file", model }, grid), model);
  const flooded = velocityModel({ kind: "file", model, water }, grid);
  assertEquals([...flooded.subarray(0, 6)], new Array(6).fill(1500));
  assertEquals(flooded.subarray(6), model.subarray(6));
  assertEquals(model[0], 2000, "the given one is left alone");
});

Deno.test("water deeper than the grid fills all of it, also when the rock is smoothed", () => {
  const deep = { depth: 500, velocity: 1480 };
  assertEquals(
    column({ kind: "constant", velocity: 2500, water: deep, smooth: 30 }),
    new Array(8).fill(1480),
  );
});

/** A step in squared slowness across one axis of a large grid, smoothed by 40 m. */
const wide: Grid = { shape: [101, 61], spacing: [10, 20] };
const before = 1 / 2000 ** 2, after = 1 / 3000 ** 2;

/** The normal distribution function by Simpson's rule. */
function normalCdf(t: number): number {
  const n = 400, h = t / n, density = (x: number) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(t);
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * density(i * h);
  return 0.5 + sum * h / 3;
}

Deno.test("smoothing takes a step in squared slowness to the normal distribution function, along both axes", () => {
  const steps = {
    0: Float64Array.from({ length: 101 * 61 }, (_, i) => Math.floor(i / 61) < 50 ? 2000 : 3000),
    1: Float64Array.from({ length: 101 * 61 }, (_, i) => i % 61 < 30 ? 2000 : 3000),
  };
  for (const axis of [0, 1] as const) {
    const smooth = velocityModel({ kind: "file", model: steps[axis], smooth: 40 }, wide);
    for (const d of [-3, -1, 0, 1, 4]) {
      const [z, x] = axis === 0 ? [50 + d, 30] : [50, 30 + d];
      // The step lies half a cell before the first cell behind it.
      const share = normalCdf((d + 0.5) * wide.spacing[axis] / 40);
      const wanted = before + (after - before) * share, got = 1 / smooth[z * 61 + x] ** 2;
      assertLess(Math.abs(got - wanted) / (before - after), 3e-3, `axis ${axis}, ${d} cells behind the step`);
    }
  }
});

Deno.test("smoothing leaves a constant and the water alone, and mixes no water into the rock", () => {
  const velocity = velocityModel({ kind: "constant", velocity: 2500, water, smooth: 35 }, grid);
  assertEquals([...velocity.subarray(0, 6)], new Array(6).fill(1500));
  for (const v of velocity.subarray(6)) assertAlmostEquals(v, 2500, 1e-9);
});

Deno.test("smoothing keeps between the extremes and lowers the contrast", () => {
  const layers = [{ depth: 0, velocity: 2000 }, { depth: 40, velocity: 3000 }];
  const [low, high] = velocityRange(velocityModel({ kind: "layered", layers, smooth: 20 }, grid));
  assertGreater(low, 2000);
  assertLess(high, 3000);
});

Deno.test("each kind names the velocities that it is judged by", () => {
  const named = (background: Background) =>
    namedVelocities(background).map(({ name, velocity }) => [name, velocity]);
  assertEquals(named({ kind: "constant", velocity: 2000, water }), [["water", 1500], ["rock", 2000]]);
  assertEquals(named({ kind: "gradient", top: 2, bottom: 3 }), [["top", 2], ["bottom", 3]]);
  const layers = [{ depth: 0, velocity: 2000 }, { depth: 40, velocity: 3000 }];
  assertEquals(named({ kind: "layered", layers }), [["from 0 m", 2000], ["from 40 m", 3000]]);
  assertEquals(named({ kind: "file", model: Float64Array.of(4, 2, 3) }), [["slowest", 2], ["fastest", 4]]);
});
