import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { registry } from "../../mod.ts";
import type { Correction } from "../../core/contracts/correction.ts";
import type { CorrectionSpec } from "../../core/contracts/spec.ts";
import { openEngine, read, scope, tensor, tensorCount } from "../../core/engine/mod.ts";
import { fitCorrection } from "../../core/inference/correct.ts";
import { drawPosterior } from "../../core/inference/draw.ts";
import type { FittedCorrection } from "../../core/inference/fitted_correction.ts";
import { simulateObservations } from "../../core/inference/simulate.ts";
import { fold, normals, rootKey } from "../../core/base/random.ts";
import { disposeFit, storedCorrection, withFit } from "../../core/methods/stored_fit.ts";
import { correctionCost } from "../../core/spec/mod.ts";
import { decodeValue, encodeValue } from "../../core/store/stored_values.ts";
import { diagonalCorrection } from "../../flows/corrections/diagonal.ts";
import { weightCorrection } from "../../flows/corrections/finetune.ts";
import { couplingFlow } from "../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";
import { linearGaussian, unitStandardization } from "../core/inference/toys.ts";
import { buildSmall, smallPlugins } from "./small.ts";

await openEngine("wasm");

const key = rootKey(29), size = 4, unit = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => +(i === j)));
const toy = linearGaussian({ matrix: unit, sigma: 0.5, mean: Array(size).fill(0), covariance: unit });
/** The summary that an adaptation gives, and the pool's samples. */
const adaptedSummary = normals(fold(key, "adapted"), size), pooled = normals(fold(key, "pooled"), 3 * size);
const problem = {
  ...toy,
  summary: {
    ...toy.summary,
    adapted: () => Promise.resolve({ summary: adaptedSummary, samples: pooled }),
  },
  observation: (await simulateObservations(toy, { key: fold(key, "observation"), n: 1 }))[0],
};
const flow = couplingFlow({ depth: 2, hidden: 8, shapes: { x: [size], context: [size] } });
const batch = tensor(normals(key, 16 * size), [16, size]);
const posterior = {
  flow,
  params: scope(() => flow.init(fold(key, "flow"), { x: batch, context: batch })),
  standardization: unitStandardization({ x: [size], y: [size] }),
};
const settings: CorrectionSpec = {
  kind: "any",
  target: "posterior",
  passes: 2,
  samples: 2,
  antithetic: false,
  gradient: "total",
  encoding: "shots",
  holdout: 0,
  decay: 1,
  optimizer: { kind: "adam" },
};

/** Fits a correction, and gives the number of its steps. */
async function fitted(correction: Correction): Promise<{ fit: FittedCorrection; steps: number }> {
  let steps = 0;
  const fit = await fitCorrection({ ...problem, posterior }, {
    correction,
    optimizer: adamOptimizer({ rate: 0.05, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clip: 0 }),
    settings,
    stepsPerPass: 1,
    key: fold(key, "correct"),
    progress: () => steps++,
  });
  return { fit, steps };
}

const samplesOf = (corrected?: FittedCorrection) =>
  drawPosterior(posterior, problem.observation.summary, { key: fold(key, "draw"), n: 32, corrected });

/** The fields of the fit of each part that a correction may change. */
const FIELDS: { readonly [C in Correction["changes"]]: readonly string[] } = {
  latents: ["changes", "correction", "params"],
  weights: ["changes", "weights"],
  summary: ["changes", "pool", "summary"], // the small options have a pool
};

for (const small of smallPlugins("correction")) {
  const { kind } = small.plugin, correction = await buildSmall(small, {});
  const declaration = { ...settings, ...small.options, kind };

  Deno.test(`correction ${kind}: its fit has the fields of what it changes, and its cost says what that is`, async () => {
    const { fit, steps } = await fitted(correction),
      cost = correctionCost({ correction: declaration }, registry);
    assertEquals(Object.keys(fit).sort(), FIELDS[correction.changes]);
    assertEquals([fit.changes, cost.changes], [correction.changes, correction.changes]);
    assertEquals(steps, cost.fitted ? settings.passes : 0);
    if (fit.changes === "weights") assertEquals(Object.keys(fit.weights), Object.keys(posterior.params));
    if (fit.changes === "summary" && cost.changes === "summary") {
      assertEquals(fit.summary, adaptedSummary);
      assertEquals(fit.pool, { share: cost.pool, samples: pooled });
    }
    disposeFit(fit);
  });

  Deno.test(`correction ${kind}: its fit draws the same samples once it was stored, and leaves no tensor behind`, async () => {
    const before = tensorCount().tensors, { fit } = await fitted(correction), drawn = await samplesOf(fit);
    if (kind === "none") assertEquals(drawn, await samplesOf());
    else assertNotEquals(drawn, await samplesOf());
    const stored = encodeValue({ fitted: await storedCorrection(fit) });
    disposeFit(fit);
    assertEquals(tensorCount().tensors, before);
    assertEquals(await withFit(decodeValue(stored), { correction }, samplesOf), drawn);
    assertEquals(tensorCount().tensors, before);
  });
}

Deno.test("the weights start as the trained ones, in tensors of their own", async () => {
  const start = weightCorrection.init(posterior.params);
  for (const [name, trained] of Object.entries(posterior.params)) {
    assert(start[name] !== trained);
    assertEquals(await read(start[name]), await read(trained));
  }
});

Deno.test("a stored fit of latents is refused by a correction that changes something else", async () => {
  const { fit } = await fitted(diagonalCorrection);
  await assertRejects(
    async () =>
      await withFit({ fitted: await storedCorrection(fit) }, { correction: weightCorrection }, samplesOf),
    Error,
    "the correction changes the weights",
  );
});
