import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { bandsOf, bandWeights } from "../../../core/linalg/mod.ts";

const CENTRES = { radii: [0.04, 0.1, 0.2, 0.35], dips: [-50, -18, 0, 18, 50] };
const rows = 32, columns = 64, weights = bandWeights(CENTRES, { rows, columns });

Deno.test("bands are one of the lowest radius, and each dip of every other radius", () => {
  const bands = bandsOf(CENTRES);
  assertEquals(bands.length, 16);
  assertEquals(weights.length, 16);
  assertEquals(bands[0], { radius: 0.04 });
  assertEquals(bands[6], { radius: 0.2, dip: -50 });
});

Deno.test("bands sum to 1, are not negative, and are even: their images are real", () => {
  for (let k = 0; k < rows * columns; k++) {
    const back = (rows - Math.floor(k / columns)) % rows * columns + (columns - k % columns) % columns;
    assertAlmostEquals(weights.reduce((sum, w) => sum + w[k], 0), 1, 1e-12);
    for (const w of weights) {
      assertGreater(w[k], -1e-15);
      assertAlmostEquals(w[k], w[back], 1e-15);
    }
  }
});

Deno.test("the centre of a band has the weight 1 there, and reflectors that fall to the right a positive dip", () => {
  const strongest = (kz: number, kx: number) => {
    const at = (kz + rows) % rows * columns + (kx + columns) % columns;
    const band = weights.reduce((most, w, b) => w[at] > weights[most][at] ? b : most, 0);
    return { ...bandsOf(CENTRES)[band], weight: weights[band][at] };
  };
  assertEquals(strongest(0, 0), { radius: 0.04, weight: 1 });
  const falling = strongest(6, -4); // 6 z / 32 - 4 x / 64 is alike along z = x / 3
  assertEquals(falling, { radius: 0.2, dip: 18, weight: strongest(-6, 4).weight });
  assertEquals(strongest(6, 4).dip, -18);
  assertEquals(strongest(7, 0).dip, 0);
  assertLess(Math.abs(strongest(0, 13).weight - 0.5), 0.01); // a vertical reflector dips both ways
});

Deno.test("without dips the bands are those of radius alone", () => {
  const plain = bandWeights({ ...CENTRES, dips: [0] }, { rows, columns });
  assertEquals(plain.length, 4);
  plain[2].forEach((w, k) =>
    assertAlmostEquals(w, weights.slice(6, 11).reduce((sum, other) => sum + other[k], 0), 1e-12)
  );
});
