import { assert, assertGreater, assertLess } from "@std/assert";
import { openEngine } from "../../../core/engine/mod.ts";
import {
  assembledConditioning,
  freeCells,
  learnCovariance,
  linearGaussianPosterior,
} from "../../../core/inference/gaussian.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { dot, multiplyVector, norm, sizeOf } from "../../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../../core/random.ts";
import { bornSurvey } from "../../../physics/born.ts";
import { bandLimited } from "../../../physics/noise/band_limited.ts";
import { ricker } from "../../../physics/wavelet.ts";

await openEngine("wasm");

const shape = [10, 12];
const wavelet = ricker({ frequency: 25, count: 161, dt: 1.3e-3 });
const survey = bornSurvey({
  grid: { shape: [10, 12], spacing: [12.5, 20] },
  velocity: new Float64Array(120).fill(2200),
  sources: [[25, 60], [25, 160]],
  receivers: [[[25, 20], [25, 120], [25, 200]]],
  wavelet,
  order: 8,
  sponge: { cells: 12 },
  muteRows: 2,
  amplitude: 1e-8,
  every: 4,
}, { workers: 1, snapshots: "f32" });
const key = rootKey(5), size = sizeOf(survey.domain);

/** Images that are smooth along a row: neighbours share half of their variance. */
function images(name: string, n: number): Float32Array {
  const e = normals(fold(key, name), n * size + 1);
  return Float32Array.from({ length: n * size }, (_, k) => survey.mask[k % size] * (e[k] + e[k + 1]));
}

Deno.test("the Gaussian posterior's mean is where the whitened misfit and the prior balance", async () => {
  const clean = await survey.stacked.forward(images("truth", 1));
  const sigma = 0.3 * norm(clean) / Math.sqrt(clean.length);
  const noise = bandLimited({ wavelet, sigma, likelihood: "coloured", floor: 0.01 });
  const data = new Float32Array(clean);
  for (let i = 0; i < survey.sources; i++) {
    const e = noise.sample(fold(key, i), survey.shotRange);
    e.forEach((v, j) => data[i * e.length + j] += v);
  }
  const learned = await learnCovariance(
    { training: images("training", 40), heldOut: images("heldOut", 20) },
    {
      shape,
      mask: survey.mask,
    },
  );
  assertGreater(learned.shrinkage, 0.2); // 40 images cannot tell a 96 x 96 covariance
  const posterior = await linearGaussianPosterior(survey, noise, learned);
  const { mean, std, samples } = await posterior.draw(data, { key, n: 4000 });
  const { hessian, rhs } = await assembledConditioning(survey, noise), cells = freeCells(survey.mask);
  const m = Float64Array.from(cells, (i) => mean[i]), b = Float64Array.from(await rhs(data));
  // C (rhs - H m) = m
  const pull = multiplyVector(learned.covariance, b.map((v, i) => v - multiplyVector(hessian, m)[i]));
  assertLess(norm(pull.map((v, i) => v - m[i])) / norm(m), 1e-3);
  assert(norm(m) > 0);
  const empirical = meanAndStd(samples, size);
  for (const i of cells) {
    assertLess(Math.abs(empirical.mean[i] - mean[i]), 5 * std[i] / Math.sqrt(4000) + 1e-6);
    assertLess(Math.abs(empirical.std[i] / std[i] - 1), 0.08);
  }
  assert(survey.mask.every((free, i) => free === 1 || (mean[i] === 0 && std[i] === 0)));
});

Deno.test("the assembled Hessian is the operator's on all samples, whitened", async () => {
  try {
    const noise = bandLimited({ wavelet, sigma: 1e-3, likelihood: "coloured", floor: 0.01 });
    const { hessian } = await assembledConditioning(survey, noise), cells = freeCells(survey.mask);
    const x = images("x", 1);
    let energy = 0;
    for (let i = 0; i < survey.sources; i++) {
      const d = await survey.shot(i).forward(x);
      const white = noise.whiten(d, survey.shotRange);
      energy += dot(white, white);
    }
    const free = Float64Array.from(cells, (i) => x[i]);
    assertLess(Math.abs(dot(free, multiplyVector(hessian, free)) / energy - 1), 1e-4);
  } finally {
    await survey.close();
  }
});
