import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { effectiveSampleSize, momentsOf, splitRHat } from "../../../core/inference/convergence.ts";
import { latentProposal, weighDraws } from "../../../core/inference/importance.ts";
import { latentPopulation, type Population } from "../../../core/inference/latent_population.ts";
import { type Cloud, localMove } from "../../../core/inference/latent_moves.ts";
import type { LatentTarget } from "../../../core/inference/latent_target.ts";
import { fold, normals, rootKey } from "../../../core/random.ts";

const key = rootKey(53), size = 2, COUNT = 8, PARTICLES = 500;
const settings = { moves: 10, leaps: 3 };

/** A target from the log density of one latent and its gradient; x is z. */
function targetOf(
  density: (z: Float64Array) => { value: number; gradient: ArrayLike<number> },
): LatentTarget {
  return (z, n) => {
    const values = new Float64Array(n), gradient = new Float32Array(z.length);
    for (let i = 0; i < n; i++) {
      const one = density(Float64Array.from(z.subarray(i * size, (i + 1) * size)));
      values[i] = one.value;
      gradient.set(Float32Array.from(one.gradient), i * size);
    }
    return Promise.resolve({ values, gradient, x: z, misfits: values.map((v) => -v) });
  };
}

/** N(MEAN, C): the unit normal that the chains prefer is neither its place nor its shape. */
const MEAN = [0.8, -0.5], COVARIANCE = [0.5, 0.3, 0.3, 0.4];
const PRECISION = [0.4, -0.3, -0.3, 0.5].map((v) => v / (0.5 * 0.4 - 0.3 ** 2));
function correlated(z: Float64Array) {
  const e = z.map((v, i) => v - MEAN[i]);
  const gradient = [0, 1].map((i) => -(PRECISION[2 * i] * e[0] + PRECISION[2 * i + 1] * e[1]));
  return { value: (gradient[0] * e[0] + gradient[1] * e[1]) / 2, gradient };
}

/** Independent populations, and their states. */
async function run(
  target: LatentTarget,
  { count = COUNT, n = PARTICLES, moves = settings.moves }: { count?: number; n?: number; moves?: number } =
    {},
) {
  const populations: Population[] = [];
  for (let p = 0; p < count; p++) {
    const draws = await weighDraws(target, latentProposal([size]), { key: fold(key, p), n, size });
    const options = { settings: { ...settings, moves }, key: fold(fold(key, "moves"), p) };
    populations.push(await latentPopulation(target, draws, options));
  }
  return { populations, size, paths: populations.map(({ cloud }) => Float64Array.from(cloud.x)) };
}

/** Largest error of means and variances in standard errors of the effective sample size. */
function departure(states: Awaited<ReturnType<typeof run>>): number {
  const { mean, covariance } = momentsOf(states), ess = effectiveSampleSize(states);
  return Math.max(...MEAN.map((m, i) => {
    const variance = COVARIANCE[3 * i];
    return Math.max(
      Math.abs(mean[i] - m) / Math.sqrt(variance / ess),
      Math.abs(covariance[3 * i] - variance) / (variance * Math.sqrt(2 / ess)),
    );
  }));
}

Deno.test("populations draw a correlated normal, and agree", async () => {
  const states = await run(targetOf(correlated));
  assertLess(splitRHat(states), 1.01);
  assertGreater(effectiveSampleSize(states), 1000);
  assertLess(departure(states), 4);
});

Deno.test("a target of another density shows in the moments", async () => {
  const faults: Record<string, (z: Float64Array, value: number) => number> = {
    "of another width": (z, value) => value - 0.2 * (z[0] ** 2 + z[1] ** 2),
    "of another place": (z, value) => value + 0.2 * z[0],
    "without the proposal's density": (z, value) => value - (z[0] ** 2 + z[1] ** 2) / 2,
  };
  for (const [name, wrong] of Object.entries(faults)) {
    const target = targetOf((z) => {
      const { value, gradient } = correlated(z);
      return { value: wrong(z, value), gradient }; // local moves still follow the true gradient
    });
    assertGreater(departure(await run(target)), 6, name);
  }
});

Deno.test("a wrong gradient costs acceptance but not exactness", async () => {
  const wrong = targetOf((z) => ({ value: correlated(z).value, gradient: [0, 0] }));
  const right = await run(targetOf(correlated)), states = await run(wrong, { moves: 40 });
  assertLess(departure(states), 4);
  const leap = ({ populations }: typeof right) => populations[0].accepted.local;
  assertLess(leap(states), leap(right));
});

Deno.test("where the flow is exact a population starts at the target and local moves are accepted", async () => {
  const normal = targetOf((z) => ({ value: -(z[0] ** 2 + z[1] ** 2) / 2, gradient: z.map((v) => -v) }));
  const { populations } = await run(normal, { count: 1 });
  assertEquals(populations[0].temperatures, 1);
  assertAlmostEquals(populations[0].accepted.local, 1, 1e-4);
});

/** Three parts in ten at (-1, 0), seven at (1, 0), 0.2 wide: the density between them is 4e-6 of the peaks. */
function modes(z: Float64Array) {
  const part = (weight: number, centre: number) =>
    weight * Math.exp(-((z[0] - centre) ** 2 + z[1] ** 2) / (2 * 0.2 ** 2));
  const left = part(0.3, -1), right = part(0.7, 1), share = left / (left + right);
  const mean = share * -1 + (1 - share) * 1;
  return { value: Math.log(left + right), gradient: [(mean - z[0]) / 0.2 ** 2, -z[1] / 0.2 ** 2] };
}

/** Share of the left mode in each population. */
const shares = (paths: readonly Float64Array[]) =>
  paths.map((path) =>
    path.reduce((sum, v, k) => sum + Number(k % size === 0 && v < 0), 0) * size / path.length
  );

/** Mean and standard deviation. */
function spread(values: readonly number[]) {
  const n = values.length, mean = values.reduce((a, b) => a + b) / n;
  return { mean, std: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1)) };
}

Deno.test("modes far apart get their weights, alike in every population; moves without temperatures give others", async () => {
  const states = await run(targetOf(modes)), { mean, std } = spread(shares(states.paths));
  const error = 4 * Math.sqrt(0.21 / PARTICLES / COUNT); // of exact samples, four times
  assertLess(Math.abs(mean - 0.3), error);
  assertLess(std, 2 * Math.sqrt(0.21 / PARTICLES));
  assertLess(splitRHat(states), 1.02);
  const still: Float64Array[] = [];
  for (let p = 0; p < COUNT; p++) {
    const z = normals(fold(fold(key, "still"), p), PARTICLES * size);
    let cloud: Cloud = { z, ...await targetOf(modes)(z, PARTICLES) };
    for (let step = 0; step < 50; step++) {
      const options = { key: fold(fold(key, p), step), leap: 0.15, leaps: 3 };
      ({ cloud } = await localMove(targetOf(modes), cloud, options));
    }
    still.push(Float64Array.from(cloud.x));
  }
  assertGreater(Math.abs(spread(shares(still)).mean - 0.3), 3 * error);
});

Deno.test("populations that weigh modes otherwise are said to disagree, and to be worth little", () => {
  const of = (share: number, p: number) =>
    normals(fold(fold(key, "weighed"), p), PARTICLES).map((v, i) =>
      0.2 * v + (i < share * PARTICLES ? -1 : 1)
    );
  const population = (p: number) => {
    const values = Float64Array.from(of(0.3 + 0.1 * (p - 3.5), p)),
      halves = [0, 1].map((side) => values.filter((_, i) => i % 2 === side));
    return Float64Array.of(...halves[0], ...halves[1]); // each half has the modes alike
  };
  const states = { size: 1, paths: Array.from({ length: COUNT }, (_, p) => population(p)) };
  assertGreater(splitRHat(states), 1.05);
  assertLess(effectiveSampleSize(states), 100);
});

Deno.test("a density that ends at an edge keeps its mean, and no state beyond the edge", async () => {
  const half = targetOf((z) => ({
    value: z[0] < 0 ? -Infinity : -(z[0] ** 2 + z[1] ** 2) / 2,
    gradient: z.map((v) => -v),
  }));
  const states = await run(half), { mean } = momentsOf(states);
  assert(states.paths.every((path) => path.every((v, k) => k % size === 1 || v >= 0)));
  const exact = Math.sqrt(2 / Math.PI), variance = 1 - 2 / Math.PI;
  assertLess(Math.abs(mean[0] - exact), 4 * Math.sqrt(variance / effectiveSampleSize(states)));
});

Deno.test("a population follows its key alone", async () => {
  const some = () => run(targetOf(modes), { count: 1, n: 64, moves: 3 });
  assertEquals((await some()).paths, (await some()).paths);
});
