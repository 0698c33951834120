import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import type { Prior } from "../../../core/contracts/problem.ts";
import { powerSpectrum } from "../../../core/linalg/mod.ts";
import { rootKey } from "../../../core/base/random.ts";
import { layeredGeology } from "../../../physics/priors/layered_geology.ts";
import { image, vector } from "../../spaces.ts";

const SIDE = 64, SIZE = SIDE * SIDE, KEY = rootKey(61);

function build(written: unknown, mask = new Float32Array(SIZE).fill(1)): Prior {
  const context = { domain: image([SIDE, SIDE]), mask, specFolder: "." };
  return layeredGeology.build(layeredGeology.schema.parse(written), context) as Prior;
}

/** Power-weighted mean vertical wavenumber [cycles per cell] and kurtosis of a stack of images. */
function statistics(x: Float32Array) {
  let weighted = 0, power = 0, second = 0, fourth = 0;
  for (let i = 0; i < x.length; i += SIZE) {
    for (let column = 0; column < SIDE; column++) {
      const trace = Float64Array.from({ length: SIDE }, (_, z) => x[i + z * SIDE + column]);
      powerSpectrum(trace, SIDE).slice(0, SIDE / 2 + 1).forEach((p, k) => {
        weighted += p * k / SIDE;
        power += p;
      });
    }
  }
  for (const v of x) {
    second += v ** 2 / x.length;
    fourth += v ** 4 / x.length;
  }
  return { wavenumber: weighted / power, kurtosis: fourth / second ** 2 };
}

/** Correlation of neighbouring traces, the average over the stack. */
function lateralCorrelation(x: Float32Array): number {
  let along = 0, energy = 0;
  for (let i = 0; i < x.length; i++) {
    if (i % SIDE === SIDE - 1) continue;
    along += x[i] * x[i + 1];
    energy += (x[i] ** 2 + x[i + 1] ** 2) / 2;
  }
  return along / energy;
}

Deno.test("geology reaches the wavenumbers and tails of real surveys", async () => {
  // Deep Penobscot: 0.076 and 3.2. Shallow F3: 0.187 and 4.2. Deep F3: 0.132 and 8.5.
  const deep = await build({
    wavenumber: [0.065, 0.075],
    contrast: [0, 0.1],
    thickness: [1, 2],
    texture: [0, 0.05],
  }).sample(KEY, 40);
  const shallow = await build({ wavenumber: [0.17, 0.19], contrast: [0, 0.4], thickness: [1, 2] }).sample(
    KEY,
    40,
  );
  const bright = await build({ wavenumber: [0.11, 0.14], contrast: [0.6, 1] }).sample(KEY, 40);
  assertAlmostEquals(statistics(deep).wavenumber, 0.073, 0.008);
  assertAlmostEquals(statistics(deep).kurtosis, 3.2, 0.5);
  assertAlmostEquals(statistics(shallow).wavenumber, 0.187, 0.015);
  assertAlmostEquals(statistics(shallow).kurtosis, 4.3, 0.9);
  assertAlmostEquals(statistics(bright).wavenumber, 0.132, 0.015);
  assertAlmostEquals(statistics(bright).kurtosis, 8, 2.5);
});

Deno.test("layers run along x: neighbouring traces correlate as real ones do, less so across faults", async () => {
  // F3 and Penobscot: 0.90 to 0.98.
  const gentle = lateralCorrelation(await build({}).sample(KEY, 20));
  const faulted = lateralCorrelation(
    await build({ faults: { count: [3, 3], throw: [6, 8] } }).sample(KEY, 20),
  );
  assertAlmostEquals(gentle, 0.965, 0.02);
  assertLess(faulted, gentle - 0.01);
});

Deno.test("layers dip by the slope that is asked for", async () => {
  const flat = { folds: { amplitude: [0, 0] }, roughness: [0, 0], unconformities: { count: [0, 0] } };
  const x = await build({ ...flat, channels: { count: [0, 0] }, fading: [0, 0], dip: [0.5, 0.5] }).sample(
    KEY,
    3,
  );
  // Eight cells to the right a layer is four cells deeper, and not four cells shallower.
  const correlation = (down: number) => {
    let along = 0, energy = 0;
    for (let i = 0; i < x.length; i++) {
      const z = Math.floor(i % SIZE / SIDE) + down, column = i % SIDE + 8;
      if (z < 0 || z >= SIDE || column >= SIDE) continue;
      along += x[i] * x[i + down * SIDE + 8];
      energy += x[i] ** 2;
    }
    return along / energy;
  };
  assertGreater(correlation(4), 0.9);
  assertLess(correlation(-4), 0.5);
});

Deno.test("muted cells are 0 and the RMS of the others is the one drawn", async () => {
  const mask = Float32Array.from({ length: SIZE }, (_, i) => i < 10 * SIDE ? 0 : 1);
  const x = await build({ rms: [1.1, 1.1] }, mask).sample(KEY, 2);
  for (let i = 0; i < 2; i++) {
    const image = x.subarray(i * SIZE, (i + 1) * SIZE);
    assert(image.subarray(0, 10 * SIDE).every((v) => v === 0));
    const energy = image.reduce((sum, v) => sum + v * v, 0);
    assertAlmostEquals(Math.sqrt(energy / (54 * SIDE)), 1.1, 1e-6);
  }
});

Deno.test("image i depends on the key and i alone", async () => {
  const many = await build({}).sample(KEY, 4), few = await build({}).sample(KEY, 2);
  assertEquals(many.subarray(0, 2 * SIZE), few);
  assert(few.subarray(0, SIZE).some((v, i) => v !== few[SIZE + i]));
});

Deno.test("a range in the wrong order and an unknown that is no image are refused", () => {
  assertThrows(() => layeredGeology.schema.parse({ thickness: [4, 2] }), Error, "in that order");
  const context = { domain: vector(8), mask: new Float32Array(8).fill(1), specFolder: "." };
  assertThrows(() => layeredGeology.build(layeredGeology.schema.parse({}), context), Error, "images [z, x]");
});
