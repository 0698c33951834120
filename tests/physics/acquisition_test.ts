import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { isInside } from "../../physics/grid.ts";
import { countOf, pointWeights, positionsOf, spreadsOf } from "../../physics/acquisition.ts";

const grid = { shape: [64, 64], spacing: [12.5, 20] } as const;

Deno.test("a line without ends runs over the whole grid, both edges included", () => {
  assertEquals(positionsOf({ count: 3, depth: 25 }, grid), [[25, 0], [25, 630], [25, 1260]]);
});

Deno.test("a line keeps its given ends, and a single point lies in their middle", () => {
  assertEquals(positionsOf({ count: 2, depth: 5, first: 100, last: 300 }, grid), [[5, 100], [5, 300]]);
  assertEquals(positionsOf({ count: 1, depth: 5, first: 100, last: 300 }, grid), [[5, 200]]);
});

Deno.test("points keep their places and their order", () => {
  const positions = [[25, 700], [5, 0.5]] as const;
  assertEquals(positionsOf({ kind: "points", positions }, grid), positions);
  assertEquals(countOf({ kind: "points", positions }), 2);
});

Deno.test("a streamer lies behind each source, towards smaller x; dead receivers are missing in every spread", () => {
  const sources = [[5, 400], [5, 500]] as const;
  const streamer = { kind: "streamer", count: 4, depth: 8, offset: 100, interval: 25 } as const;
  assertEquals(spreadsOf(streamer, { sources, grid }), [
    [[8, 300], [8, 275], [8, 250], [8, 225]],
    [[8, 400], [8, 375], [8, 350], [8, 325]],
  ]);
  assertEquals(spreadsOf({ ...streamer, dead: [3, 1] }, { sources, grid }), [
    [[8, 300], [8, 250]],
    [[8, 400], [8, 350]],
  ]);
  assertEquals(countOf(streamer), 4);
});

Deno.test("a fixed spread is one for all sources, without its dead receivers", () => {
  const sources = [[5, 400], [5, 500]] as const;
  assertEquals(spreadsOf({ count: 3, depth: 25, dead: [1] }, { sources, grid }), [[[25, 0], [25, 1260]]]);
});

Deno.test("the grid reaches from its first to its last cell's centre", () => {
  for (const place of [[0, 0], [787.5, 1260]] as const) assertEquals(isInside(place, grid), true);
  for (const place of [[-1, 0], [0, -1], [788, 0], [0, 1261]] as const) {
    assertEquals(isInside(place, grid), false);
  }
});

Deno.test("a point on a cell's centre has that cell alone, also when rounding moved it a little", () => {
  assertEquals(pointWeights(7), { first: 7, weights: [1] });
  assertEquals(pointWeights(0.3 / 0.1), { first: 3, weights: [1] });
});

Deno.test("off-grid weights reproduce waves up to two thirds of Nyquist", () => {
  for (const at of [20.5, 20.13, 19.91]) {
    const { first, weights } = pointWeights(at);
    for (const fraction of [0, 0.2, 0.4, 0.6]) {
      const wave = (x: number) => Math.cos(fraction * Math.PI * x + 0.4);
      const value = weights.reduce((sum, w, i) => sum + w * wave(first + i), 0);
      assertLess(Math.abs(value - wave(at)), 0.01, `${fraction} of Nyquist at ${at}`);
    }
  }
});

Deno.test("weights are mirrored when the point is", () => {
  const a = pointWeights(10.3).weights, b = pointWeights(9.7).weights.toReversed();
  a.forEach((w, i) => assertAlmostEquals(w, b[i], 1e-12));
});
