import { assertAlmostEquals, assertLess } from "@std/assert";
import { misfitsOf, noiseLaw } from "../../../core/inference/predictive_misfits.ts";
import { rootKey } from "../../../core/base/random.ts";
import { ricker } from "../../../physics/wavelet.ts";
import { bandLimited } from "../../../physics/noise/band_limited.ts";
import { linearGaussian } from "./toys.ts";
import { data } from "../../spaces.ts";

const key = rootKey(71);
const problem = linearGaussian({
  matrix: [1, 2, 0, 1, 3, -1],
  sigma: 0.5,
  mean: [0, 0],
  covariance: [1, 0, 0, 1],
});

Deno.test("the whitened energy of white noise is chi-square with as many degrees of freedom as data", () => {
  const { degreesOfFreedom, scale } = noiseLaw(problem, key);
  assertAlmostEquals(degreesOfFreedom * scale, 3, 1e-9);
  assertAlmostEquals(scale, 1, 0.1); // variance 6 of 4096 draws: standard error 0.04
});

Deno.test("of band-limited noise the law has the mean and the variance of its own draws, white likelihood or not", () => {
  const survey = { ...problem.survey, shotRange: data(2, 64), sources: 3 };
  for (const likelihood of ["coloured", "white"] as const) {
    const wavelet = ricker({ frequency: 20, count: 64, dt: 0.004 });
    const noise = bandLimited({ wavelet, sigma: 2, floor: 0.01, likelihood });
    const { degreesOfFreedom, scale } = noiseLaw({ survey, noise }, key);
    const energies = Array.from({ length: 2000 }, (_, k) => {
      const shots = [0, 1, 2].map((s) =>
        noise.whiten(noise.sample([k, s + 9], survey.shotRange), survey.shotRange)
      );
      return shots.flatMap((shot) => [...shot]).reduce((sum, v) => sum + v * v, 0);
    });
    const mean = energies.reduce((a, b) => a + b) / 2000;
    const variance = energies.reduce((sum, e) => sum + (e - mean) ** 2, 0) / 1999;
    const off = Math.abs(mean - degreesOfFreedom * scale);
    assertLess(off, 4 * Math.sqrt(variance / 2000), likelihood);
    assertLess(Math.abs(variance / (2 * degreesOfFreedom * scale ** 2) - 1), 0.25, likelihood);
  }
});

Deno.test("misfits are those of a matrix product, sample by sample", async () => {
  const samples = Float32Array.from({ length: 2 * 11 }, (_, k) => Math.sin(k)),
    data = Float32Array.of(1, -1, 2);
  const misfits = await misfitsOf(problem, { samples, data });
  misfits.forEach((misfit, k) => {
    const [a, b] = [samples[2 * k], samples[2 * k + 1]];
    const residual = [a + 2 * b - 1, b + 1, 3 * a - b - 2];
    assertAlmostEquals(misfit, residual.reduce((sum, r) => sum + (r / 0.5) ** 2, 0), 1e-3);
  });
});
