import { assert, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import type { Simulator } from "../../core/contracts/problem.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { fold, rootKey, uniforms } from "../../core/base/random.ts";
import { buildSmall, relativeError, smallPlugins } from "./small.ts";

const key = rootKey(61);
/** Unknowns in a box where every simulator has them. */
const unknown = (name: string, size: number) =>
  Float32Array.from(uniforms(fold(key, name), size), (u) => 0.2 + 0.6 * u);

const simulators = smallPlugins("operator").filter(({ plugin }) => plugin.simulates);

async function onSimulator(
  small: typeof simulators[number],
  test: (simulator: Simulator, sizes: { size: number; data: number }) => void,
): Promise<void> {
  const { simulator, domain, shotRange, stacked } = await buildSmall(small, {
    resources: { workers: 1, memory: 1e9 },
  });
  assert(simulator, "the plugin says that it simulates, its survey has no simulator");
  const sizes = { size: sizeOf(domain), data: sizeOf(shotRange) };
  assertThrows(() => stacked.forward(unknown("x", sizes.size)), Error, "no linear operator");
  assertThrows(() => simulator.sample(key, new Float32Array(sizes.size + 1)), Error, "numbers");
  test(simulator, sizes);
}

for (const small of simulators) {
  const { kind } = small.plugin;
  Deno.test(`simulator ${kind}: its data follow the key alone and are of the size that it says`, () =>
    onSimulator(small, ({ sample }, { size, data }) => {
      const x = unknown("x", size), d = sample(key, x);
      assertEquals(d.length, data);
      assert(d.every(Number.isFinite));
      assertEquals(sample(key, x), d);
      assertNotEquals(sample(fold(key, "other"), x), d);
    }));

  Deno.test(`simulator ${kind}: the likelihood's gradient is that of finite differences`, () =>
    onSimulator(small, ({ sample, logLikelihood }, { size }) => {
      for (let trial = 0; trial < 5; trial++) {
        const x = Float64Array.from(unknown(`x ${trial}`, size)), h = 1e-6;
        const d = sample(fold(key, trial), new Float32Array(x)), { gradient } = logLikelihood(x, d);
        const numeric = x.map((_, i) => {
          const moved = (step: number) => logLikelihood(x.map((v, j) => v + (i === j ? step : 0)), d).value;
          return (moved(h) - moved(-h)) / (2 * h);
        });
        assertLess(relativeError(numeric, gradient), 1e-5);
      }
    }));

  // Where the data's support moves with x the ratio's mean is not 1: the two moons have a test of their own.
  if (kind === "two-moons") continue;
  Deno.test(`simulator ${kind}: its data have the distribution that the likelihood says`, () =>
    onSimulator(small, ({ sample, logLikelihood }, { size }) => {
      const x = unknown("x", size), n = 20000;
      for (const name of ["a", "b", "c"]) {
        const near = x.map((v, i) => v * (1 + 0.1 * (unknown(name, size)[i] - 0.5)));
        const ratios = Float64Array.from({ length: n }, (_, k) => {
          const d = sample(fold(fold(key, "draws"), k), x);
          return Math.exp(logLikelihood(near, d).value - logLikelihood(x, d).value);
        });
        const mean = ratios.reduce((a, b) => a + b) / n;
        const variance = ratios.reduce((sum, r) => sum + (r - mean) ** 2, 0) / n;
        assertLess(Math.abs(mean - 1), 4 * Math.sqrt(variance / n), name);
      }
    }));
}
