import { assertEquals, assertGreater, assertLess } from "@std/assert";
import type { RefinementSpec } from "../../../core/contracts/spec.ts";
import { openEngine, scope, tensor } from "../../../core/engine/mod.ts";
import { drawPosterior } from "../../../core/inference/draw.ts";
import type { FittedCorrection } from "../../../core/inference/fitted_correction.ts";
import { referenceFor } from "../../../core/inference/reference_posterior.ts";
import { refine } from "../../../core/methods/refined.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { affine } from "../../../flows/layers/affine.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { perturbed } from "../../flows/helpers.ts";
import { linearGaussian, unitStandardization } from "../inference/toys.ts";

await openEngine("wasm");

const key = rootKey(83), size = 2, samples = 1600;
const problem = linearGaussian({
  matrix: [1, 0.5, 0, 1],
  sigma: 0.3,
  mean: [0, 0],
  covariance: [1, 0.2, 0.2, 1],
});
const data = Float32Array.of(0.9, -0.6), observation = { truth: new Float32Array(size), data, summary: data };

/** A flow that has learned nothing, and bends besides. */
function untrained() {
  const shapes = { x: [size], context: [size] },
    flow = couplingFlow({ depth: 2, hidden: 8, shapes, transform: affine });
  const params = scope(() => {
    const draws = tensor(normals(key, 16 * size), [16, size]);
    return flow.init(fold(key, "flow"), { x: draws, context: draws });
  });
  const standardization = unitStandardization({ x: [size], y: [size] });
  return { flow, params: perturbed(params, fold(key, "weights"), 0.2), standardization };
}

Deno.test("refinement makes samples of the posterior from a flow that has learned nothing", async () => {
  const exact = await (await referenceFor(problem))!(data, { key, n: samples });
  const corrected = {} as FittedCorrection; // not asked for
  const task = { posterior: untrained(), corrected, problem, observation, samples, key };
  const kinds: Record<RefinementSpec["kind"], RefinementSpec> = {
    importance: { kind: "importance", from: "amortized", draws: 20000 },
    smc: { kind: "smc", populations: 8 },
  };
  for (const settings of Object.values(kinds)) {
    const { samples: drawn, mean, std, diagnostics } = await refine(settings, task), worth = 300;
    assertEquals(drawn!.length, samples * size);
    for (let i = 0; i < size; i++) {
      const deviation = Math.sqrt(exact.covariance[3 * i]);
      assertLess(Math.abs(mean[i] - exact.mean[i]), 4 * deviation / Math.sqrt(worth), settings.kind);
      assertLess(Math.abs(std![i] / deviation - 1), 4 / Math.sqrt(2 * worth), settings.kind);
    }
    if (settings.kind === "importance") continue;
    assertLess(diagnostics!.rHat, 1.02);
    assertGreater(diagnostics!.ess, worth);
    assertGreater(diagnostics!.temperatures, 1);
  }
});

Deno.test("draws of a corrected posterior are those of the weights that were fitted to the observation", async () => {
  const posterior = untrained(), weights = perturbed(posterior.params, fold(key, "fitted"), 0.3);
  const corrected: FittedCorrection = { changes: "weights", weights }, n = 100;
  const settings: RefinementSpec = { kind: "importance", from: "corrected", draws: n };
  const { samples: refined } = await refine(settings, {
    posterior,
    corrected,
    problem,
    observation,
    samples,
    key,
  });
  const draws = await drawPosterior(posterior, data, { key: fold(key, "draws"), n, corrected });
  const rows = (x: Float32Array) =>
    Array.from({ length: x.length / size }, (_, i) => x.subarray(i * size, (i + 1) * size));
  for (const row of rows(refined!)) {
    const nearest = Math.min(...rows(draws).map((draw) => Math.hypot(...draw.map((v, i) => v - row[i]))));
    assertLess(nearest, 1e-5);
  }
});
