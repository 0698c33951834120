import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Prior } from "../../../core/contracts/problem.ts";
import type { Space } from "../../../core/contracts/vector.ts";
import { klGaussians } from "../../../core/linalg/mod.ts";
import { rootKey } from "../../../core/base/random.ts";
import { gaussianPrior } from "../../../physics/priors/gaussian.ts";
import { mixtureOf } from "../../../physics/priors/mixture.ts";
import { gaussianMixture } from "../../../physics/priors/gaussian_mixture.ts";
import { rosenbrock } from "../../../physics/priors/rosenbrock.ts";
import { uniform } from "../../../physics/priors/uniform.ts";
import { sizeOf } from "../../../core/base/shape.ts";

const KEY = rootKey(59);

function build(
  plugin: typeof gaussianPrior,
  written: unknown,
  { shape, mask }: { shape: readonly number[]; mask?: Float32Array },
): Prior {
  const domain: Space = { name: "x", kind: shape.length > 1 ? "image" : "vector", shape },
    size = sizeOf(domain);
  const context = { domain, mask: mask ?? new Float32Array(size).fill(1), specFolder: "." };
  return plugin.build(plugin.schema.parse(written), context) as Prior;
}

const COVARIANCE = { kind: "squared-exponential", variance: 1.5, length: 1 };
const MIXTURE = {
  components: [{ weight: 1, mean: [-1, 1], variance: 0.25 }, { weight: 3, mean: [1, 0], variance: 1 }],
};
const PLANE: readonly [string, Prior][] = [
  ["gaussian", build(gaussianPrior, { mean: [1, -0.5], covariance: COVARIANCE }, { shape: [2] })],
  ["rosenbrock", build(rosenbrock, {}, { shape: [2] })],
  ["gaussian-mixture", build(gaussianMixture, MIXTURE, { shape: [2] })],
  [
    "mixture",
    mixtureOf([
      { weight: 1, prior: build(gaussianPrior, { mean: [1, -0.5], covariance: COVARIANCE }, { shape: [2] }) },
      { weight: 2, prior: build(rosenbrock, {}, { shape: [2] }) },
    ]),
  ],
];

/** Mean of a function of two variables under `exp(logDensity)` on a grid; of 1 it is the integral. */
function integrate(prior: Prior, f: (x: number, y: number) => number): number {
  const h = 0.1;
  let sum = 0;
  for (let x = -8; x < 8; x += h) {
    for (let y = -8; y < 32; y += h) {
      sum += h * h * f(x, y) * Math.exp(prior.logDensity!(Float64Array.of(x, y)));
    }
  }
  return sum;
}

Deno.test("densities in the plane integrate to 1, and samples have their moments", async () => {
  const n = 20000;
  const moments = [
    (x: number) => x,
    (_: number, y: number) => y,
    (x: number) => x * x,
    (x: number, y: number) => x * y,
    (_: number, y: number) => y * y,
    (x: number, y: number) => x * x * y,
  ];
  for (const [name, prior] of PLANE) {
    assertAlmostEquals(integrate(prior, () => 1), 1, 1e-4, name);
    const draws = await prior.sample(KEY, n);
    for (const f of moments) {
      let mean = 0, square = 0;
      for (let i = 0; i < n; i++) {
        const v = f(draws[2 * i], draws[2 * i + 1]);
        mean += v / n;
        square += v * v / n;
      }
      const error = Math.sqrt((square - mean ** 2) / n);
      assertAlmostEquals(mean, integrate(prior, f), 4.5 * error, `${name}: ${f}`);
    }
  }
});

Deno.test("the score is the gradient of the log density", () => {
  for (const [name, prior] of PLANE) {
    for (const at of [[0.3, -0.7], [-1.1, 0.9], [1.4, 2.5]]) {
      const score = prior.score!(Float64Array.from(at)), h = 1e-5;
      score.forEach((exact, i) => {
        const there = (step: number) =>
          prior.logDensity!(Float64Array.from(at, (v, j) => v + (i === j ? step : 0)));
        assertAlmostEquals((there(h) - there(-h)) / (2 * h), exact, 1e-6 * (1 + Math.abs(exact)), name);
      });
    }
  }
});

Deno.test("draw i depends on the key and i alone", async () => {
  for (const [name, prior] of PLANE) {
    const many = await prior.sample(KEY, 5), few = await prior.sample(KEY, 2);
    assertEquals(many.subarray(0, 4), few, name);
    assertEquals(few[0] === few[2], false, name);
  }
});

Deno.test("a Gaussian's covariance falls with distance in cells, along both axes of an image", () => {
  const { gaussian } = build(gaussianPrior, {
    mean: 2,
    covariance: { kind: "exponential", variance: 3, length: 2 },
  }, { shape: [3, 4] });
  const c = (i: number, j: number) => gaussian!.covariance[i * 12 + j];
  assertAlmostEquals(c(0, 0), 3, 1e-6);
  assertAlmostEquals(c(0, 1), 3 * Math.exp(-0.5), 1e-12);
  assertAlmostEquals(c(0, 8), 3 * Math.exp(-1), 1e-12);
  assertAlmostEquals(c(0, 5), 3 * Math.exp(-Math.SQRT1_2), 1e-12);
  assertAlmostEquals(c(3, 4), 3 * Math.exp(-Math.sqrt(10) / 2), 1e-12);
  assertEquals(gaussian!.mean, new Float64Array(12).fill(2));
});

Deno.test("a smooth filter's precision is its offset's beside F^T F, second differences and a growing diagonal", () => {
  const n = 10, m = n - 1, covariance = { kind: "smooth-filter", offset: 2 };
  const { gaussian } = build(gaussianPrior, { covariance }, { shape: [n] }), c = gaussian!.covariance;
  const steps: Record<number, number> = { 1: -2, 2: 1 };
  const f = (i: number, j: number) => i === j ? 1 + Math.sqrt((i - 1) / m) : steps[i - j] ?? 0;
  const filter = Array.from({ length: m }, (_, i) => i + 1);
  const precision = (i: number, j: number) =>
    i * j === 0 ? (i === j ? 1 / 2 : 0) : filter.reduce((sum, k) => sum + f(k, i) * f(k, j), 0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const product = Array.from({ length: n }, (_, k) => precision(i, k) * c[k * n + j]);
      assertAlmostEquals(product.reduce((a, b) => a + b), i === j ? 1 : 0, 1e-9);
    }
  }
});

Deno.test("a Gaussian's draws have its own mean and covariance", async () => {
  const prior = build(gaussianPrior, { mean: 1, covariance: COVARIANCE }, { shape: [4] });
  const n = 20000,
    x = await prior.sample(KEY, n),
    mean = new Float64Array(4),
    covariance = new Float64Array(16);
  for (let i = 0; i < n; i++) for (let a = 0; a < 4; a++) mean[a] += x[4 * i + a] / n;
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        covariance[4 * a + b] += (x[4 * i + a] - mean[a]) * (x[4 * i + b] - mean[b]) / n;
      }
    }
  }
  // Twice the divergence times n is chi-squared with 4 + 10 degrees of freedom: 99.99 % are below 43.
  assertAlmostEquals(2 * n * klGaussians({ mean, covariance }, prior.gaussian!), 14, 29);
});

Deno.test("isotropic and diagonal Gaussians are as declared, and wrong sizes are refused", () => {
  const isotropic = build(gaussianPrior, { covariance: { kind: "isotropic", variance: 4 } }, { shape: [2] });
  assertEquals(isotropic.gaussian!.covariance, Float64Array.of(4, 0, 0, 4));
  const diagonal = build(gaussianPrior, { covariance: { kind: "diagonal", variances: [1, 9] } }, {
    shape: [2],
  });
  assertEquals(diagonal.gaussian!.covariance, Float64Array.of(1, 0, 0, 9));
  assertThrows(
    () => build(gaussianPrior, { mean: [1, 2, 3] }, { shape: [2] }),
    Error,
    "prior.mean has 3 numbers: the unknown has 2",
  );
  assertThrows(
    () => build(gaussianPrior, {}, { shape: [2], mask: Float32Array.of(0, 1) }),
    Error,
    "operator.mute.rows",
  );
});

Deno.test("a Rosenbrock chain's components follow the square of the one before", async () => {
  const prior = build(rosenbrock, { mean: 0.5, width: 0.8, curvature: 2, thickness: 0.1 }, { shape: [3] });
  const n = 20000, x = await prior.sample(KEY, n);
  let first = 0, second = 0, third = 0;
  for (let i = 0; i < n; i++) {
    first += (x[3 * i] - 0.5) ** 2 / n;
    second += (x[3 * i + 1] - 2 * x[3 * i] ** 2) ** 2 / n;
    third += (x[3 * i + 2] - 2 * x[3 * i + 1] ** 2) ** 2 / n;
  }
  assertAlmostEquals(first, 0.64, 0.03);
  assertAlmostEquals(second, 0.01, 0.0005);
  assertAlmostEquals(third, 0.01, 0.0005);
});

Deno.test("a mixture whose means do not fit the unknown is refused", () => {
  assertThrows(() => build(gaussianMixture, MIXTURE, { shape: [3] }), Error, "the unknown has 3");
});

Deno.test("a uniform prior fills its box evenly, and its density ends there", async () => {
  const prior = build(uniform, { lower: [-1, 0], upper: [3, 0.5] }, { shape: [2] }), n = 10000;
  assertAlmostEquals(prior.logDensity!(Float64Array.of(2.9, 0.1)), -Math.log(4 * 0.5), 1e-12);
  assertEquals(prior.logDensity!(Float64Array.of(2.9, 0.6)), -Infinity);
  assertEquals([...prior.score!(Float64Array.of(0, 0.1))], [0, 0]);
  const draws = await prior.sample(KEY, n);
  for (const [i, lower, width] of [[0, -1, 4], [1, 0, 0.5]]) {
    const shares = [0, 0, 0, 0];
    for (let k = i; k < draws.length; k += 2) shares[Math.floor(4 * (draws[k] - lower) / width)] += 1 / n;
    for (const share of shares) assertAlmostEquals(share, 0.25, 4 * Math.sqrt(0.25 * 0.75 / n));
  }
});

Deno.test("a uniform prior refuses bounds that cross and bounds of another length, in a sentence", async () => {
  const remarks = await uniform.preflight!(uniform.schema.parse({ lower: [0, 2], upper: 1 }), {
    specFolder: ".",
  });
  assertEquals(remarks.map(({ message }) => message), [
    "component 1 is in 2 to 1: upper must be above lower",
  ]);
  assertThrows(() => build(uniform, { lower: [0, 0, 0], upper: 1 }, { shape: [2] }), Error, "has 3 numbers");
});
