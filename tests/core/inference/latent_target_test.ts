import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { openEngine, scope, tensor, tensorCount } from "../../../core/engine/mod.ts";
import { amortizedLogDensity } from "../../../core/inference/amortized_density.ts";
import type { AmortizedPosterior } from "../../../core/inference/draw.ts";
import { latentTarget } from "../../../core/inference/latent_target.ts";
import { likelihoodOf } from "../../../core/inference/likelihood.ts";
import type { Standardization } from "../../../core/inference/standardize.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { spline } from "../../../flows/layers/spline.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { rosenbrockPrior } from "../../../physics/priors/rosenbrock.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { logAbsDet, perturbed } from "../../flows/helpers.ts";
import { matrixSurvey, unitStandardization } from "./toys.ts";

await openEngine("wasm");

const key = rootKey(23), size = 3, count = 4, sigma = 0.7;
const survey = matrixSurvey([...normals(fold(key, "J"), 2 * size)], size), noise = whiteNoise(sigma);
const prior = rosenbrockPrior(survey.domain, { mean: 0.2, width: 1, curvature: 0.4, thickness: 0.8 });
const data = normals(fold(key, "d"), 2), summary = data;

/** `x = scale u + mean`: constants that a density of x must not lose. */
const standardization: Standardization = {
  ...unitStandardization({ x: [size], y: [2] }),
  xMean: Float64Array.of(0.5, -1, 0.3),
  xScale: Float64Array.of(2, 0.5, 1.3),
};

/** A flow that bends and mixes its latents. */
function bent(): AmortizedPosterior {
  const transform = spline({ bins: 6, bound: 4 }), shapes = { x: [size], context: [2] };
  const flow = couplingFlow({ depth: 3, hidden: 8, shapes, transform });
  const start = scope(() =>
    flow.init(fold(key, "flow"), {
      x: tensor(normals(key, 16 * size), [16, size]),
      context: tensor(normals(key, 32), [16, 2]),
    })
  );
  return { flow, params: perturbed(start, fold(key, "weights"), 0.2), standardization };
}

const posterior = bent(), z = normals(fold(key, "z"), count * size);
const likelihood = likelihoodOf({ survey, noise }, data);
const exact = latentTarget(posterior, { likelihood, prior, summary });
const amortized = latentTarget(posterior, { likelihood, summary });

/** x at one latent, and `log|det dx/dz|` there, by central differences. */
async function mapped(at: Float32Array): Promise<{ x: Float32Array; logdet: number }> {
  const h = 2e-3, columns: Float32Array[] = [];
  for (let j = 0; j < size; j++) {
    const there = async (step: number) => (await exact(at.map((v, i) => i === j ? v + step : v), 1)).x;
    const [plus, minus] = [await there(h), await there(-h)];
    columns.push(plus.map((v, i) => (v - minus[i]) / (2 * h)));
  }
  const rows = Array.from({ length: size }, (_, i) => columns.map((column) => column[i]));
  return { x: (await exact(at, 1)).x, logdet: logAbsDet(rows) };
}

Deno.test("the target is likelihood times prior times the volume that the flow gives to a latent", async () => {
  const { values, x } = await exact(z, count);
  for (let i = 0; i < count; i++) {
    const one = await mapped(z.subarray(i * size, (i + 1) * size));
    const { values: [misfit] } = await likelihood.misfit(one.x);
    const direct = prior.logDensity!(one.x) - misfit + one.logdet;
    assertAlmostEquals(values[i], direct, 2e-3 * (1 + Math.abs(direct)));
    assertEquals(x.slice(i * size, (i + 1) * size), one.x);
  }
});

Deno.test("the amortized density is the latents' own, divided by that volume", async () => {
  const { values, x, misfits } = await exact(z, count);
  const found = await amortizedLogDensity(posterior, { summary, x });
  for (let i = 0; i < count; i++) {
    const volume = values[i] + misfits[i] - prior.logDensity!(x.subarray(i * size, (i + 1) * size));
    const square = z.subarray(i * size, (i + 1) * size).reduce((sum, v) => sum + v * v, 0);
    assertAlmostEquals(found[i], -square / 2 - size / 2 * Math.log(2 * Math.PI) - volume, 2e-3);
  }
});

Deno.test("without a prior the amortized posterior takes its place", async () => {
  const { values, x, misfits } = await amortized(z, count);
  assertEquals(misfits, (await likelihood.misfit(x, count)).values);
  for (let i = 0; i < count; i++) {
    const square = z.subarray(i * size, (i + 1) * size).reduce((sum, v) => sum + v * v, 0);
    assertAlmostEquals(values[i], -misfits[i] - square / 2, 1e-5);
  }
});

Deno.test("the target's gradient is that of its values, latent by latent", async () => {
  const direction = normals(fold(key, "direction"), z.length), h = 2e-3;
  for (const target of [exact, amortized]) {
    const { gradient } = await target(z, count);
    const at = async (step: number) => (await target(z.map((v, i) => v + step * direction[i]), count)).values;
    const [plus, minus] = [await at(h), await at(-h)];
    for (let i = 0; i < count; i++) {
      let slope = 0;
      for (let j = i * size; j < (i + 1) * size; j++) slope += gradient[j] * direction[j];
      assertLess(Math.abs((plus[i] - minus[i]) / (2 * h) - slope), 1e-2 * (1 + Math.abs(slope)));
    }
  }
});

Deno.test("a target keeps no tensor", async () => {
  const before = tensorCount().tensors;
  await exact(z, count);
  await amortized(z, count);
  await amortizedLogDensity(posterior, { summary, x: z });
  assertEquals(tensorCount().tensors, before);
});

Deno.test("a prior without a density and muted cells are refused", () => {
  const silent = { space: prior.space, sample: prior.sample };
  const parts = { likelihood, summary };
  assertThrows(() => latentTarget(posterior, { ...parts, prior: silent }), Error, "density is known");
  const muted = { ...posterior, standardization: { ...standardization, mask: Float32Array.of(1, 0, 1) } };
  assertThrows(() => latentTarget(muted, { ...parts, prior }), Error, "every cell free");
});
