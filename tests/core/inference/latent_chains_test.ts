import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { momentsOf } from "../../../core/inference/convergence.ts";
import { type ChainSettings, latentChains } from "../../../core/inference/latent_chains.ts";
import type { LatentTarget } from "../../../core/inference/latent_target.ts";
import { fold, normals, rootKey } from "../../../core/random.ts";

const key = rootKey(53), size = 2;
const settings: ChainSettings = { warmUp: 100, steps: 200, leaps: 3, global: 0.2 };

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

const starts = (chains: number) => normals(fold(key, "starts"), chains * size);

async function run(target: LatentTarget, changes: Partial<ChainSettings> = {}, from = starts(200)) {
  const cloud = { z: from, ...await target(from, from.length / size) };
  return await latentChains(target, { cloud, leap: 0.3 }, {
    keep: 25,
    settings: { ...settings, ...changes },
    key,
  });
}

/** Largest error of means and variances in standard errors of the effective sample size. */
function departure(chains: Awaited<ReturnType<typeof run>>): number {
  const { mean, covariance } = momentsOf(chains);
  return Math.max(...MEAN.map((m, i) => {
    const variance = COVARIANCE[3 * i];
    return Math.max(
      Math.abs(mean[i] - m) / Math.sqrt(variance / chains.ess),
      Math.abs(covariance[3 * i] - variance) / (variance * Math.sqrt(2 / chains.ess)),
    );
  }));
}

for (const [name, changes] of Object.entries({ "local moves": { global: 0 }, "all kinds of moves": {} })) {
  Deno.test(`${name} draw a correlated normal, and chains agree`, async () => {
    const chains = await run(targetOf(correlated), changes);
    assertLess(chains.rHat, 1.01);
    assertGreater(chains.ess, 2000);
    assertLess(departure(chains), 4);
  });
}

Deno.test("an acceptance that is of another density shows in the moments", async () => {
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
  const chains = await run(wrong, { global: 0, steps: 1000, warmUp: 200 });
  assertLess(departure(chains), 4);
});

Deno.test("where the flow is exact local and fresh moves are accepted and states are independent", async () => {
  const normal = targetOf((z) => ({ value: -(z[0] ** 2 + z[1] ** 2) / 2, gradient: z.map((v) => -v) }));
  const { acceptance, ess } = await run(normal);
  assertAlmostEquals(acceptance.local, 1, 1e-4);
  assertAlmostEquals(acceptance.fresh, 1, 1e-12);
  assertGreater(ess, 4500); // of 5000
});

/** Three parts in ten at (-1, 0), seven at (1, 0), 0.2 wide: the density between them is 4e-6 of the peaks. */
function modes(z: Float64Array) {
  const part = (weight: number, centre: number) =>
    weight * Math.exp(-((z[0] - centre) ** 2 + z[1] ** 2) / (2 * 0.2 ** 2));
  const left = part(0.3, -1), right = part(0.7, 1), share = left / (left + right);
  const mean = share * -1 + (1 - share) * 1;
  return { value: Math.log(left + right), gradient: [(mean - z[0]) / 0.2 ** 2, -z[1] / 0.2 ** 2] };
}
const onTheLeft = (chains: number) => starts(chains).map((v, k) => k % size === 0 ? -1 + 0.1 * v : 0.1 * v);

Deno.test("global moves find the weights of modes far apart; without them chains are said to disagree", async () => {
  const share = ({ paths }: Awaited<ReturnType<typeof run>>) => {
    const left = paths.flatMap((path) =>
      [...path].filter((_, k) => k % size === 0).map((v) => Number(v < 0))
    );
    return left.reduce((a, b) => a + b) / left.length;
  };
  const mixed = await run(targetOf(modes), { global: 0.5, steps: 1000, warmUp: 200 }, onTheLeft(200));
  assertLess(Math.abs(share(mixed) - 0.3), 4 * Math.sqrt(0.21 / mixed.ess));
  assertGreater(mixed.ess, 1000);
  assertLess(mixed.rHat, 1.05);
  const bothSides = onTheLeft(200).map((v, k) => k % 4 === 0 ? -v : v);
  const stuck = await run(targetOf(modes), { global: 0 }, bothSides);
  assertGreater(stuck.rHat, 1.5);
});

Deno.test("a density that ends at an edge keeps its mean, and no state beyond the edge", async () => {
  const half = targetOf((z) => ({
    value: z[0] < 0 ? -Infinity : -(z[0] ** 2 + z[1] ** 2) / 2,
    gradient: z.map((v) => -v),
  }));
  const chains = await run(half, { steps: 500 }, starts(200).map(Math.abs)), { mean } = momentsOf(chains);
  assert(chains.samples.every((v, k) => k % size === 1 || v >= 0));
  const exact = Math.sqrt(2 / Math.PI), variance = 1 - 2 / Math.PI;
  assertLess(Math.abs(mean[0] - exact), 4 * Math.sqrt(variance / chains.ess));
});

Deno.test("chains follow their key alone", async () => {
  const some = () => run(targetOf(correlated), { steps: 30, warmUp: 10 }, starts(8));
  assertEquals((await some()).samples, (await some()).samples);
});
