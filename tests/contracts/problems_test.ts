import { assert, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import type { Survey } from "../../core/contracts/operator.ts";
import type { Slots } from "../../core/contracts/plugin.ts";
import { knowsDensity } from "../../core/registry/plugin.ts";
import type { SummaryCost } from "../../core/contracts/cost.ts";
import type { NoiseModel } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { dot, norm } from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { encodeNpy } from "../../core/data/npy.ts";
import { fold, normals, normals64, rootKey } from "../../core/base/random.ts";
import { registry } from "../../mod.ts";
import { adjointAsPosterior, buildSmall, fits, relativeError, smallPlugins } from "./small.ts";
import { data, image, vector } from "../spaces.ts";

const key = rootKey(9);

/** Spaces that a prior may be over: an image with two muted rows, one without, and a vector. */
const DOMAINS: readonly { domain: Space; muted: number }[] = [
  { domain: image([16, 12]), muted: 2 },
  { domain: image([16, 12]), muted: 0 },
  { domain: vector(3), muted: 0 },
];

function domainContext(
  { domain, muted }: (typeof DOMAINS)[number],
  specFolder: string,
): Slots["prior"]["context"] {
  const mutedCells = muted * (domain.shape[1] ?? 0);
  const mask = Float32Array.from({ length: sizeOf(domain) }, (_, i) => i < mutedCells ? 0 : 1);
  return { domain, mask, specFolder };
}

/** Runs a test on a kind's prior over each domain that it can be over. */
async function onPriors(
  small: ReturnType<typeof smallPlugins<"prior">>[number],
  test: (prior: Slots["prior"]["component"], mask: Float32Array) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.writeFile(`${folder}/images.npy`, encodeNpy(normals(key, 5 * 16 * 12), [5, 16, 12]));
  let fitting = 0;
  for (const { domain, muted } of DOMAINS) {
    const operator = { domain, shotRange: data(1), sources: 1, muted: muted > 0 };
    if (!await fits(small, { specFolder: folder, operator })) continue;
    const context = domainContext({ domain, muted }, folder), prior = await buildSmall(small, context);
    fitting++;
    await test(prior, context.mask);
  }
  await Deno.remove(folder, { recursive: true });
  assert(fitting > 0, `${small.plugin.kind} fits none of the domains`);
}

for (const small of smallPlugins("prior")) {
  const { kind } = small.plugin;
  Deno.test(`prior ${kind}: draws follow the key alone, and draw i does not depend on how many are drawn`, () =>
    onPriors(small, async ({ space, sample }) => {
      const size = sizeOf(space), seven = await sample(fold(key, "a"), 7);
      assertEquals(seven.length, 7 * size);
      assert(seven.every(Number.isFinite), "a draw is not finite");
      assertEquals(await sample(fold(key, "a"), 7), seven);
      assertEquals(await sample(fold(key, "a"), 3), seven.slice(0, 3 * size));
      assertNotEquals(await sample(fold(key, "b"), 7), seven);
      assertNotEquals(seven.slice(0, size), seven.slice(size, 2 * size));
    }));

  Deno.test(`prior ${kind}: muted cells are 0 and others are not`, () =>
    onPriors(small, async ({ space, sample }, mask) => {
      const draws = await sample(key, 4), size = sizeOf(space);
      for (let i = 0; i < size; i++) {
        const energy = norm(Float64Array.from({ length: 4 }, (_, k) => draws[k * size + i]));
        assertEquals(energy > 0, mask[i] === 1, `cell ${i}`);
      }
    }));

  Deno.test(`prior ${kind}: it has a density and its score if and only if it says so`, () =>
    onPriors(small, ({ logDensity, score }) => {
      const density = knowsDensity(small.plugin, small.options);
      assertEquals([logDensity !== undefined, score !== undefined], [density, density]);
      return Promise.resolve();
    }));

  Deno.test(`prior ${kind}: where it has a density, draws are more probable than far points`, () =>
    onPriors(small, async ({ space, sample, logDensity }) => {
      if (!logDensity) return;
      const x = await sample(key, 1), far = normals(fold(key, "far"), sizeOf(space)).map((v) => 1e3 * v);
      assert(Number.isFinite(logDensity(x)));
      assertLess(logDensity(far), logDensity(x));
    }));
}

/** What noise is told of a survey. */
const RANGE = data(8, 160);

async function noiseOf(small: ReturnType<typeof smallPlugins<"noise">>[number]): Promise<NoiseModel> {
  const operator = smallPlugins("operator").find(({ plugin }) => plugin.kind === "born")!;
  const survey = await buildSmall(operator, { resources: { workers: 1, memory: 1e9 } });
  await survey.close();
  return await buildSmall(small, { survey, signalRms: 1 });
}

/** Mean and standard error of a statistic of noise draws. */
async function overDraws(noise: NoiseModel, statistic: (e: Float32Array) => number) {
  const values = Array.from({ length: 64 }, (_, i) => statistic(noise.sample(fold(key, i), RANGE)));
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return await Promise.resolve({ mean, standardError: Math.sqrt(variance / values.length) });
}

for (const small of smallPlugins("noise").filter(({ plugin }) => !plugin.simulates)) {
  const { kind } = small.plugin;
  Deno.test(`noise ${kind}: the mean square of its draws is sigma squared`, async () => {
    const noise = await noiseOf(small);
    assertEquals(noise.sigma, 2);
    const { mean, standardError } = await overDraws(noise, (e) => dot(e, e) / e.length);
    assertLess(Math.abs(mean - noise.sigma ** 2), 5 * standardError);
    assertLess(standardError, 0.05 * noise.sigma ** 2);
  });

  Deno.test(`noise ${kind}: whitening is linear, symmetric, and gives the energy that it says`, async () => {
    const noise = await noiseOf(small), size = sizeOf(RANGE);
    const [a, b] = ["a", "b"].map((name) => normals64(fold(key, name), size));
    const white = noise.whiten(a, RANGE);
    assertLess(Math.abs(dot(white, b) - dot(a, noise.whiten(b, RANGE))), 1e-10 * norm(white) * norm(b));
    const combined = noise.whiten(a.map((v, i) => 3 * v + b[i]), RANGE), whiteB = noise.whiten(b, RANGE);
    assertLess(relativeError(combined, white.map((v, i) => 3 * v + whiteB[i])), 1e-10);
    const { mean, standardError } = await overDraws(noise, (e) => norm(noise.whiten(e, RANGE)) ** 2);
    const expected = noise.degreesOfFreedom(RANGE);
    assertLess(Math.abs(mean - expected), 5 * standardError);
    assertLess(standardError, 0.05 * expected);
  });

  Deno.test(`noise ${kind}: the same key gives the same noise, another key other noise`, async () => {
    const noise = await noiseOf(small);
    assertEquals(noise.sample(key, RANGE), noise.sample(key, RANGE));
    assertNotEquals(noise.sample(fold(key, 1), RANGE), noise.sample(key, RANGE));
  });
}

/** Data that a summary reads: of every linear operator. */
async function onSurveys(test: (survey: Survey) => Promise<void>): Promise<void> {
  for (const small of smallPlugins("operator").filter(({ plugin }) => !plugin.simulates)) {
    const survey = await buildSmall(small, { resources: { workers: 1, memory: 1e9 } });
    await test(survey);
    await survey.close();
  }
}

for (const small of smallPlugins("summary")) {
  const { kind } = small.plugin;
  Deno.test(`summary ${kind}: fills its space, is linear if it says so, and takes the solves that it says`, () =>
    onSurveys(async (survey) => {
      const white = registry.get("noise", "gaussian"), { sources, shotRange } = survey;
      const noise = await white.build({ level: { sigma: 1 } }, { survey, signalRms: 1 }) as NoiseModel;
      const gaussian = () => Promise.resolve(adjointAsPosterior(survey));
      const summary = await buildSmall(small, { survey, noise, trainingRange: shotRange, gaussian });
      const draw = (name: string) => normals(fold(key, name), sources * sizeOf(shotRange));
      const a = draw("a"), b = draw("b"), [ya, yb] = [await summary.apply(a), await summary.apply(b)];
      assertEquals(ya.length, sizeOf(summary.space));
      const operator = { domain: survey.domain, shotRange, sources };
      assertEquals(small.plugin.shapes!(small.options, { specFolder: ".", operator }), summary.space);
      const both = await summary.apply(Float32Array.of(...a, ...b), 2);
      assertLess(relativeError(both, Float32Array.of(...ya, ...yb)), 1e-6);
      if (summary.linear) {
        const y = await summary.apply(a.map((v, i) => 2 * v - b[i]));
        assertLess(relativeError(y, ya.map((v, i) => 2 * v - yb[i])), 1e-5);
      }
      const before = survey.solves.count;
      await summary.apply(a);
      const cost = small.plugin.cost?.(small.options) as SummaryCost | undefined;
      if (cost) assertEquals(cost.linear, summary.linear);
      if (cost && before > 0) assertEquals(survey.solves.count - before, cost.solves * sources);
    }));
}
