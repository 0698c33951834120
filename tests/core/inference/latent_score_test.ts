import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Flow } from "../../../core/contracts/flow.ts";
import {
  add,
  channels,
  mul,
  openEngine,
  sub,
  type Tensor,
  tensor,
  tensorCount,
  zeros,
} from "../../../core/engine/mod.ts";
import { departurePValue } from "../../../core/inference/detect.ts";
import { latentScore } from "../../../core/inference/latent_score.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { matrixSurvey, unitStandardization } from "./toys.ts";

await openEngine("wasm");

/** `d = x + e`: coarse unknowns of deviation 2, fine ones of deviation 0.5, so that all is known in closed form. */
const COARSE = 4, FINE = 16, SIZE = COARSE + FINE, SIGMA = 0.3, key = rootKey(37);
const deviation = Float32Array.from({ length: SIZE }, (_, i) => i < COARSE ? 2 : 0.5);
const width = deviation.map((c) => 1 / Math.hypot(1 / c, 1 / SIGMA));
const gain = width.map((s) => (s / SIGMA) ** 2);
const matrix = Array.from({ length: SIZE ** 2 }, (_, k) => k % (SIZE + 1) === 0 ? 1 : 0);
const problem = { survey: matrixSurvey(matrix, SIZE), noise: whiteNoise(SIGMA) };

/** The exact posterior `x = gain y + width z` as a flow of two levels, or of one. */
function exactPosterior(levelled: boolean) {
  const place = (y: Tensor) => mul(y, tensor(gain, [1, SIZE])), scale = () => tensor(width, [1, SIZE]);
  const flow: Partial<Flow> = {
    inverse: (_, z, y) => add(place(y), mul(z, scale())),
    pullback: (_, x, y, { dx }) => ({
      z: mul(sub(x, place(y)), tensor(width.map((s) => 1 / s), [1, SIZE])),
      logdet: zeros([x.shape[0]]),
      dz: mul(dx, scale()),
    }),
    ...(levelled && { levels: (z: Tensor) => [channels(z, COARSE, FINE), channels(z, 0, COARSE)] }),
  };
  const standardization = unitStandardization({ x: [SIZE], y: [SIZE] });
  return { flow: flow as Flow, params: {}, standardization };
}

/** Data of an unknown whose coarse part is so many times as wide as the prior says. */
function dataOf(name: string, i: number, coarse = 1): Float32Array {
  const own = fold(fold(key, name), i), x = normals(fold(own, "x"), SIZE), e = normals(fold(own, "e"), SIZE);
  return x.map((v, j) => (j < COARSE ? coarse : 1) * deviation[j] * v + SIGMA * e[j]);
}

const scores = async (
  name: string,
  n: number,
  { levelled = true, coarse = 1 }: { levelled?: boolean; coarse?: number } = {},
) => {
  const posterior = exactPosterior(levelled), found: number[][] = [];
  for (let i = 0; i < n; i++) {
    const data = dataOf(name, i, coarse);
    found.push(await latentScore(posterior, { problem, observation: { data, summary: data } }));
  }
  return found;
};

const NOMINAL = 199;
const others = {
  levels: await scores("nominal", NOMINAL),
  whole: await scores("nominal", NOMINAL, { levelled: false }),
};
const below = (level: number, p: readonly number[]) => p.filter((v) => v <= level).length / p.length;

Deno.test("the score is the pull of the data at the mean, of all latents and of each level, and leaves no tensor", async () => {
  const before = tensorCount().tensors, data = dataOf("one", 0);
  const found = await latentScore(exactPosterior(true), { problem, observation: { data, summary: data } });
  const energies = data.map((d, i) => (width[i] * gain[i] * d / deviation[i] ** 2) ** 2);
  const energy = (from: number, to: number) => Math.cbrt(energies.subarray(from, to).reduce((a, b) => a + b));
  [energy(0, SIZE), energy(COARSE, SIZE), energy(0, COARSE)].forEach((e, k) =>
    assertAlmostEquals(found[k], e, 1e-5)
  );
  assertEquals(
    (await latentScore(exactPosterior(false), { problem, observation: { data, summary: data } })).length,
    1,
  );
  assertEquals(tensorCount().tensors, before);
});

Deno.test("p-values of further nominal observations are uniform", async () => {
  const n = 400, p = (await scores("more", n)).map((own) => departurePValue(own, others.levels));
  for (const level of [0.05, 0.25, 0.5, 0.75]) {
    const margin = 3 * Math.sqrt(level * (1 - level) * (1 / n + 1 / NOMINAL));
    assertLess(Math.abs(below(level, p) - level), margin, `at ${level}`);
  }
});

Deno.test("a shift of one level alone is seen, up and down, where all latents together hide it", async () => {
  const power = async (name: string, shift: { coarse: number }) => {
    const rate = (own: readonly number[][], to: readonly number[][]) =>
      below(0.05, own.map((score) => departurePValue(score, to)));
    const levels = rate(await scores(name, 150, shift), others.levels);
    return { levels, whole: rate(await scores(name, 150, { ...shift, levelled: false }), others.whole) };
  };
  for (const [name, coarse] of Object.entries({ wide: 3, narrow: 0.05 })) {
    const { levels, whole } = await power(name, { coarse });
    assertGreater(levels, 0.6, name);
    assertLess(whole, 0.2, name);
  }
});

Deno.test("a departure counts up and down and in any number, and what is not a number is as unusual as can be", () => {
  const rows = Array.from({ length: 9 }, (_, i) => [i, 10 * i]);
  assertEquals(departurePValue([4, 40], rows), 1);
  assertEquals(departurePValue([4, -400], rows), 0.1);
  assertEquals(departurePValue([40, 40], rows), 0.1);
  assertEquals(departurePValue([NaN, 40], rows), 0.1);
  assertGreater(departurePValue([0, 0], rows), 0.1);
});
