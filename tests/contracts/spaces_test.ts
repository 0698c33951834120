import { assertEquals, assertThrows } from "@std/assert";
import type { Survey } from "../../core/contracts/operator.ts";
import type { Plugin } from "../../core/contracts/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { normals, rootKey } from "../../core/base/random.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { meanAndStd } from "../../core/inference/evaluate.ts";
import { linearEstimator } from "../../core/inference/linear_estimator.ts";
import { simulateObservation } from "../../core/inference/simulate.ts";
import { fitStandardization, flowShapes } from "../../core/inference/standardize.ts";
import { scenarioJudge } from "../../core/judge/judge.ts";
import { recordMethod } from "../../core/judge/observation_record.ts";
import { identity } from "../../core/linalg/mod.ts";
import { arrayCollector } from "../../core/store/recorder.ts";
import { registry } from "../../mod.ts";
import { gaussian } from "../../physics/priors/gaussian.ts";
import { layeredGeology } from "../../physics/priors/layered_geology.ts";
import { rosenbrock } from "../../physics/priors/rosenbrock.ts";
import { singleShot } from "../../physics/single_shot.ts";
import { vectorProblem } from "../core/inference/toys.ts";
import { data, image, moments, vector } from "../spaces.ts";
import { smallPlugins } from "./small.ts";
import { metrics } from "../core/metrics/by_kind.ts";

/** What the axes of a space must be for its kind, if x is the unknown. */
function fitting({ kind, shape }: Space, x: Space): boolean {
  if (kind === "moments") return shape.join() === [2, ...x.shape].join();
  return kind === "data" ? shape.length > 0 : shape.length === (kind === "image" ? 2 : 1);
}

/** Other contract tests hold that these are the spaces of what is built. */
const spacesOf = ({ plugin, options }: ReturnType<typeof smallPlugins<"operator">>[number]) =>
  plugin.shapes!(options, { specFolder: "." })!;

for (const small of smallPlugins("operator")) {
  Deno.test(`operator ${small.plugin.kind}: its unknown is an image or a vector, with axes to fit, and its data are data`, () => {
    const { domain, shotRange } = spacesOf(small);
    assertEquals([domain.kind === "image" || domain.kind === "vector", shotRange.kind], [true, "data"]);
    assertEquals([fitting(domain, domain), fitting(shotRange, domain)], [true, true]);
  });
}

Deno.test("the kind of an unknown follows from the options where an operator is of both", () => {
  const { shapes } = registry.get("operator", "identity") as Plugin<"operator">;
  assertEquals(shapes!({ size: 2 }, { specFolder: "." })!.domain, vector(2));
  assertEquals(shapes!({ size: 2, shape: [4, 3] }, { specFolder: "." })!.domain, image([4, 3]));
});

for (const small of smallPlugins("summary")) {
  Deno.test(`summary ${small.plugin.kind}: its space is data, moments of the unknown, or of the unknown's own kind`, () => {
    for (const operator of smallPlugins("operator").map(spacesOf)) {
      const space = small.plugin.shapes!(small.options, { specFolder: ".", operator })!,
        { domain } = operator;
      assertEquals(fitting(space, domain), true, JSON.stringify(space));
      if (space.kind === "data" || space.kind === "moments") continue;
      assertEquals([space.kind, space.shape], [domain.kind, domain.shape]);
    }
  });
}

/** Six components that are written as a table: two axes, and no image. */
const key = rootKey(97), table: Space = { name: "x", kind: "vector", shape: [2, 3] }, n = 40;
const problem = vectorProblem({
  survey: singleShot({ ...identity(table), range: data(2, 3) }),
  sigma: 0.5,
  prior: gaussian({
    domain: table,
    mean: new Float64Array(6),
    covariance: Float64Array.from({ length: 36 }, (_, k) => Number(k % 7 === 0)),
  }),
});
const x = normals(key, n * 6).map((v, k) => (k % 6) + (1 + k % 6) * v), y = x.map((v) => 2 * v);

Deno.test("a vector of two axes is a vector to the flow: components, each with its own statistics", () => {
  const spaces = { x: table, y: data(2, 3), mask: problem.survey.mask };
  assertEquals(flowShapes(spaces), { x: [6], context: [6] });
  const { xMean, xScale, yMean } = fitStandardization({ x, y }, spaces);
  assertEquals([xMean, xScale, yMean].map(({ length }) => length), [6, 6, 6]);
  const asImage = fitStandardization({ x, y }, { ...spaces, x: image([2, 3]), y: image([2, 3]) });
  assertEquals([asImage.xMean, asImage.yMean].map(({ length }) => length), [1, 2]);
});

Deno.test("moments of a vector of any axes are moments: the flow sees residuals from them", () => {
  const std = new Float32Array(6).fill(2), mean = new Float32Array(6).fill(1);
  const summaries = Float32Array.from({ length: n * 12 }, (_, k) => k % 12 < 6 ? mean[0] : std[0]);
  for (const space of [vector(6), table, image([2, 3])]) {
    const spaces = { x: space, y: moments(space.shape), mask: problem.survey.mask };
    const { xScale, yScale } = fitStandardization({ x, y: summaries }, spaces);
    assertEquals([xScale.length, yScale], [1, Float64Array.of(0.5)]);
  }
});

Deno.test("the linear estimate of a vector of two axes takes an offset of each component", () => {
  const pairs = { n, x: x.map((v) => v + 10), signal: y, noise: new Float32Array(y.length) };
  const estimate = linearEstimator(pairs, { x: table, y: data(2, 3) });
  const [first] = estimate(new Float32Array(6));
  assertEquals(Math.round(first), 10);
});

Deno.test("a vector of two axes is judged and recorded as a vector: no regions, no shots, every sample", async () => {
  const settings = {
    observations: 1,
    samples: 100,
    metrics: ["ssim", "coverage-by-depth", "coverage-by-illumination"],
    baselines: [],
    detection: 0,
    tradeoff: false,
  };
  const observation = await simulateObservation(problem, { key, i: 0 });
  const samples = normals(key, 100 * 6), estimate = { method: "ours", samples, ...meanAndStd(samples, 6) };
  const judge = await scenarioJudge(problem, { settings, registry, key });
  assertEquals((await judge(estimate, observation, { key })).values, {});
  const lit = {
    ...estimate,
    truth: observation.truth,
    mask: problem.survey.mask,
    illumination: x.subarray(0, 6),
  };
  const byLight = metrics["coverage-by-illumination"];
  assertEquals(byLight.evaluate({ ...lit, space: table }), {});
  assertEquals(Object.keys(byLight.evaluate({ ...lit, space: image([2, 3]) })).length, 3);
  const record = async (survey: Survey) => {
    const recorder = arrayCollector();
    await recordMethod(recorder, "o", { estimate, observation, survey, predicts: true });
    return Object.entries(recorder.take()).map(([name, { shape }]) => `${name} ${shape}`);
  };
  const recorded = await record(problem.survey);
  assertEquals(recorded.filter((text) => /predicted|-samples/.test(text)), [
    "o/ours-samples 100,2,3",
    "o/ours-snr-by-samples 8,2",
  ]);
  const shown = await record({ ...problem.survey, domain: image([2, 3]) });
  assertEquals(shown.includes("o/ours-samples 64,2,3") && shown.includes("o/predicted 2,3"), true);
});

Deno.test("priors of images refuse a vector of two axes, priors of vectors take it", () => {
  const context = { domain: table, mask: problem.survey.mask, specFolder: "." };
  const geology = layeredGeology.schema.parse({});
  assertThrows(() => layeredGeology.build(geology, context), Error, "the unknown is a vector of 2,3");
  rosenbrock.build(rosenbrock.schema.parse({}), context);
  const wrong = { ...context, domain: image([2, 3]) };
  assertThrows(() => rosenbrock.build(rosenbrock.schema.parse({}), wrong), Error, "an image of 2 x 3");
  assertEquals(sizeOf(table), 6);
});
