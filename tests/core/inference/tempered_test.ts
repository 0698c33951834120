import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { effectiveSampleSize, momentsOf, splitRHat } from "../../../core/inference/convergence.ts";
import { type Path, temperedPopulation } from "../../../core/inference/tempered.ts";
import { fold, normals64, rootKey } from "../../../core/base/random.ts";

const key = rootKey(53), size = 2, COUNT = 8, PARTICLES = 500;

type LogDensity = (x: Float64Array) => number;

/** `log N(x; centre, width^2 I)`. */
const normal = (centre: readonly number[], width: number): LogDensity => (x) =>
  x.reduce(
    (sum, v, i) => sum - ((v - centre[i]) / width) ** 2 / 2 - Math.log(width * Math.sqrt(2 * Math.PI)),
    0,
  );

const logSum = (...logs: number[]) => {
  const top = Math.max(...logs);
  return top === -Infinity ? top : top + Math.log(logs.reduce((sum, v) => sum + Math.exp(v - top), 0));
};

const pathOf = (base: LogDensity, target: LogDensity): Path => (x) => {
  const rows = Array.from({ length: x.length / size }, (_, i) => x.subarray(i * size, (i + 1) * size));
  return Promise.resolve({ base: Float64Array.from(rows, base), target: Float64Array.from(rows, target) });
};

const UNIT = {
  density: normal([0, 0], 1),
  draw: (own: ReturnType<typeof fold>, n: number) => normals64(own, n * size),
};

/** Independent populations. */
async function run(
  target: LogDensity,
  { base = UNIT, n = PARTICLES }: { base?: typeof UNIT; n?: number } = {},
) {
  const paths: Float64Array[] = [], temperatures: number[] = [];
  for (let p = 0; p < COUNT; p++) {
    const own = fold(key, p), draws = base.draw(fold(own, "draws"), n);
    const population = await temperedPopulation(pathOf(base.density, target), draws, { size, key: own });
    paths.push(population.x);
    temperatures.push(population.temperatures);
  }
  return { size, paths, temperatures };
}

/** N(MEAN, C): neither in the base's place nor of its shape. */
const MEAN = [0.8, -0.5], COVARIANCE = [0.5, 0.3, 0.3, 0.4];
const PRECISION = [0.4, -0.3, -0.3, 0.5].map((v) => v / (0.5 * 0.4 - 0.3 ** 2));
const correlated: LogDensity = (x) => {
  const [a, b] = x.map((v, i) => v - MEAN[i]);
  return -(PRECISION[0] * a * a + 2 * PRECISION[1] * a * b + PRECISION[3] * b * b) / 2;
};

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

Deno.test("populations draw a correlated normal and agree; another density shows in their moments", async () => {
  const states = await run(correlated);
  assertLess(splitRHat(states), 1.01);
  assertGreater(effectiveSampleSize(states), 1000);
  assertLess(departure(states), 4);
  assertGreater(departure(await run((x) => correlated(x) + 0.3 * x[0])), 5);
});

Deno.test("a base that is the target takes one temperature, one far from it several", async () => {
  assertEquals((await run(UNIT.density)).temperatures, Array(COUNT).fill(1));
  assert((await run(normal([4, 4], 0.1))).temperatures.every((count) => count > 3));
});

/** Three parts in ten at (-1, 0), seven at (1, 0), 0.2 wide: the density between them is 4e-6 of the peaks. */
const left = normal([-1, 0], 0.2), right = normal([1, 0], 0.2);
const modes: LogDensity = (x) => logSum(Math.log(0.3) + left(x), Math.log(0.7) + right(x));

/** Half of the draws from a flow that has one mode alone, half from a wide prior. */
const narrow = normal([-1, 0], 0.3), prior = normal([0, 0], 2);
const blind: typeof UNIT = {
  density: (x) => logSum(narrow(x), prior(x)),
  draw: (own, n) =>
    normals64(own, n * size).map((v, k) => k < n * size / 2 ? 0.3 * v - (k % size === 0 ? 1 : 0) : 2 * v),
};

const onTheLeft = (own: ReturnType<typeof fold>, n: number) =>
  normals64(own, n * size).map((v, k) => 0.2 * v - (k % size === 0 ? 1 : 0));

/** Share of the left mode in each population. */
const shares = (paths: readonly Float64Array[]) =>
  paths.map((path) =>
    path.reduce((sum, v, k) => sum + Number(k % size === 0 && v < 0), 0) * size / path.length
  );
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

Deno.test("modes far apart get their weights, alike in every population, though the flow knows one alone", async () => {
  const { paths } = await run(modes, { base: blind }), found = shares(paths), mean = meanOf(found);
  assertLess(Math.abs(mean - 0.3), 5 * Math.sqrt(0.21 / PARTICLES / COUNT));
  const std = Math.sqrt(found.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (COUNT - 1));
  assertLess(std, 3 * Math.sqrt(0.21 / PARTICLES)); // exact samples have one third of it
  assertLess(splitRHat({ size, paths }), 1.03);
});

Deno.test("moves without temperatures leave particles in the mode that they were drawn in", async () => {
  const far: LogDensity = (x) => logSum(left(x), normal([9, 0], 0.2)(x));
  const { paths, temperatures } = await run(far, { base: { density: far, draw: onTheLeft } });
  assertEquals(temperatures, Array(COUNT).fill(1));
  assertGreater(meanOf(shares(paths)), 0.9);
});

Deno.test("populations that weigh modes otherwise are said to disagree, and to be worth little", () => {
  const population = (p: number) => {
    const share = 0.3 + 0.1 * (p - 3.5), e = normals64(fold(fold(key, "weighed"), p), PARTICLES);
    // Every other particle in its mode: each half of a population has the modes alike.
    return e.map((v, i) => 0.2 * v + ((i % 50) < 50 * share ? -1 : 1));
  };
  const states = { size: 1, paths: Array.from({ length: COUNT }, (_, p) => population(p)) };
  assertGreater(splitRHat(states), 1.05);
  assertLess(effectiveSampleSize(states), 100);
});

Deno.test("a density that ends at an edge keeps its mean, and no particle beyond the edge", async () => {
  const states = await run((x) => x[0] < 0 ? -Infinity : UNIT.density(x)), { mean } = momentsOf(states);
  assert(states.paths.every((path) => path.every((v, k) => k % size === 1 || v >= 0)));
  const exact = Math.sqrt(2 / Math.PI), variance = 1 - 2 / Math.PI;
  assertLess(Math.abs(mean[0] - exact), 4 * Math.sqrt(variance / effectiveSampleSize(states)));
});

Deno.test("populations follow their key alone", async () => {
  const some = async () => (await run(modes, { n: 64 })).paths;
  assertEquals(await some(), await some());
});
