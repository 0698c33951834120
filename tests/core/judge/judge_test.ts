import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { meanAndStd } from "../../../core/inference/evaluate.ts";
import { referenceFor } from "../../../core/inference/reference_posterior.ts";
import { simulateObservations } from "../../../core/inference/simulate.ts";
import { fold, rootKey } from "../../../core/base/random.ts";
import { scenarioJudge } from "../../../core/judge/judge.ts";
import { registry } from "../../../mod.ts";
import { linearGaussian } from "../inference/toys.ts";

const key = rootKey(71), size = 3;
const problem = linearGaussian({
  matrix: [1, 0.5, 0, 0, 1, 0.5, 0.5, 0, 1],
  sigma: 0.5,
  mean: [0, 1, -1],
  covariance: [1, 0.4, 0, 0.4, 1, 0.4, 0, 0.4, 1],
});
const settings = {
  observations: 1,
  samples: 400,
  metrics: ["snr"],
  baselines: [],
  detection: 0,
  tradeoff: false,
};

Deno.test("data are predicted only for a metric that needs them", async () => {
  const [observation] = await simulateObservations(problem, { key: fold(key, "data"), n: 1 });
  const { survey } = problem, { stacked } = survey;
  let applications = 0;
  const forward: typeof stacked.forward = (x) => {
    applications++;
    return stacked.forward(x);
  };
  const counted = { ...problem, survey: { ...survey, stacked: { ...stacked, forward } } };
  const valuesOf = async (metrics: string[]) => {
    const judge = await scenarioJudge(counted, { settings: { ...settings, metrics }, registry, key });
    return (await judge({ method: "ours", mean: new Float32Array(size) }, observation, { key })).values;
  };
  assertEquals([Object.keys(await valuesOf(["snr"])), applications], [["snr"], 0]);
  assertEquals([Object.keys(await valuesOf(["data-residual"])), applications], [["dataResidual"], 1]);
});

Deno.test("beside an exact posterior samples are judged by a classifier that no spec lists: exact ones pass, wrong ones do not", async () => {
  const [observation] = await simulateObservations(problem, { key: fold(key, "data"), n: 1 });
  const referenceOf = await referenceFor(problem),
    judge = await scenarioJudge(problem, { settings, registry, key });
  const draw = (name: string) =>
    referenceOf!(observation.data, { key: fold(key, name), n: settings.samples });
  const reference = await draw("reference"), { samples } = await draw("estimate");
  const judged = async (own: Float32Array) => {
    const ours = { method: "ours", samples: own, ...meanAndStd(own, size) };
    const { values, absent } = await judge(ours, observation, { reference, key });
    assertEquals(absent, {});
    return values;
  };
  const exact = await judged(samples), { mean, std } = meanAndStd(samples, size);
  assertEquals(Object.keys(exact), ["snr", "c2st", "meanError", "stdRatio", "covarianceError", "kl"]);
  assertLess(Math.abs(exact.c2st - 0.5), 0.06);
  assertLess(exact.kl, 0.03);
  const biased = await judged(samples.map((v, k) => v + std[k % size]));
  assertGreater(biased.c2st, 0.65);
  const narrow = await judged(samples.map((v, k) => mean[k % size] + 0.4 * (v - mean[k % size])));
  assertGreater(narrow.c2st, 0.65);
});
