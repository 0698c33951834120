import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { openEngine } from "../../../core/engine/mod.ts";
import { freeCells } from "../../../core/inference/covariance.ts";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { surveyInformation } from "../../../core/inference/information.ts";
import { localMember } from "../../../core/inference/local_posterior.ts";
import { localPosteriors } from "../../../core/inference/local_posteriors.ts";
import { learnLocalPrior } from "../../../core/inference/local_prior.ts";
import { observe } from "../../../core/inference/simulate.ts";
import { norm } from "../../../core/linalg/mod.ts";
import { sizeOf } from "../../../core/base/shape.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { bandLimited } from "../../../physics/noise/band_limited.ts";
import { smallSurvey, wavelet } from "./small_survey.ts";

await openEngine("wasm");

const survey = smallSurvey(), { mask } = survey, key = rootKey(89), size = sizeOf(survey.domain);
const cells = freeCells(mask);
const images = (name: string, count: number) => {
  const e = normals(fold(key, name), count * size + 1);
  return Float32Array.from({ length: count * size }, (_, k) => mask[k % size] * (e[k] + e[k + 1]));
};
const settings = {
  bands: { radii: [0.1, 0.3], dips: [-40, 0, 40] },
  windows: { down: 2, across: 1 },
  gains: { deviation: 1.2, alike: { windows: 0.5, radii: 0.3, dips: 0.3 } },
};
const prior = learnLocalPrior(images("training", 40), { shape: survey.domain.shape, mask, settings });
const clean = await survey.stacked.forward(images("truth", 1)), rms = norm(clean) / Math.sqrt(clean.length);
const noiseOf = (level: number) =>
  bandLimited({ wavelet, sigma: level * rms, likelihood: "coloured", floor: 0.01 });

Deno.test("the posterior of wave-made data is that of their whitened migration, at every level of noise", async () => {
  const information = surveyInformation(survey);
  const posteriors = localPosteriors(information, prior, { key, workers: 2, members: 3 });
  try {
    for (const noise of [noiseOf(0.3), noiseOf(0.9)]) {
      const posterior = await posteriors.of(noise);
      const data = await observe({ survey, noise }, images("truth", 1), fold(key, "noise"));
      const { mean, std, samples, weights, fit } = await posterior.draw(data, { key, n: 900 });
      const { hessian, scale } = await information.of(noise);
      const whiten = (d: Float32Array | Float64Array) => noise.whiten(d, survey.shotRange);
      const b = await survey.stacked.adjoint(whiten(whiten(data)));
      const request = {
        scale,
        logGains: fit.logGains,
        key,
        n: 0,
        migration: Float32Array.from(cells, (i) => b[i]),
      };
      const member = await localMember({ prior, hessian }, request), empirical = meanAndStd(samples, size);
      assertEquals([...weights], [1 / 3, 1 / 3, 1 / 3]);
      assertEquals(await posterior.moments(data), { mean, std }); // of the same members
      cells.forEach((cell, k) => {
        assertLess(Math.abs(mean[cell] - member.mean[k]), std[cell]); // the members lie about their mode
        assertLess(Math.abs(empirical.mean[cell] - mean[cell]), 5 * std[cell] / Math.sqrt(900));
        assertLess(Math.abs(empirical.std[cell] / std[cell] - 1), 0.15);
      });
      assert(mask.every((free, i) => free === 1 || (mean[i] === 0 && std[i] === 0)));
    }
  } finally {
    posteriors.close();
  }
});

Deno.test("several observations are each one's own, and gains follow the strength of an image", async () => {
  const noise = noiseOf(0.3),
    posteriors = localPosteriors(surveyInformation(survey), prior, { key, workers: 1 });
  const posterior = await posteriors.of(noise);
  const data = await observe({ survey, noise }, images("truth", 1), fold(key, "noise"));
  const loud = data.map((v) => 3 * v), both = new Float32Array(2 * data.length);
  both.set(data);
  both.set(loud, data.length);
  const together = await posterior.moments(both, 2), first = await posterior.moments(data);
  first.mean.forEach((v, i) => assertLess(Math.abs(together.mean[i] - v), 1e-4 * norm(first.mean)));
  const gains = async (d: Float32Array) => (await posterior.draw(d, { key, n: 1 })).fit.logGains;
  const [plain, raised] = [await gains(data), await gains(loud)];
  assertGreater(raised.reduce((s, v) => s + v, 0), plain.reduce((s, v) => s + v, 0) + 2);
});

Deno.test("the expectations at another level are those that are simulated there", async () => {
  const levels = [noiseOf(0.3), noiseOf(0.9)],
    data = await observe(
      { survey, noise: levels[1] },
      images("truth", 1),
      fold(key, "noise"),
    );
  const gains = async (first?: "Hessian" | "posterior") => {
    const information = surveyInformation(survey), options = { key, workers: 1 };
    const posteriors = localPosteriors(information, prior, options);
    if (first === "Hessian") await information.of(levels[0]);
    if (first === "posterior") await posteriors.of(levels[0]);
    return (await (await posteriors.of(levels[1])).draw(data, { key, n: 1 })).fit.logGains;
  };
  const simulated = await gains();
  for (const first of ["Hessian", "posterior"] as const) {
    (await gains(first)).forEach((v, k) => assertLess(Math.abs(v - simulated[k]), 1e-2));
  }
  await survey.close();
});
