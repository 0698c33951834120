import { assertGreater, assertLess } from "@std/assert";
import type { LatentCorrection, WeightCorrection } from "../../../core/contracts/correction.ts";
import type { Flow, Params } from "../../../core/contracts/flow.ts";
import type { CorrectionSpec } from "../../../core/contracts/spec.ts";
import { dispose, mul, openEngine, read, tensor, zeros } from "../../../core/engine/mod.ts";
import type { CorrectionProblem } from "../../../core/inference/correction_task.ts";
import { latentDivergence } from "../../../core/inference/latent_objective.ts";
import { simulateObservations } from "../../../core/inference/simulate.ts";
import { weightDivergence } from "../../../core/inference/weight_objective.ts";
import { fold, normals, normals64, rootKey } from "../../../core/base/random.ts";
import { diagonalCorrection } from "../../../flows/corrections/diagonal.ts";
import { weightCorrection } from "../../../flows/corrections/finetune.ts";
import { flowCorrection } from "../../../flows/corrections/flow.ts";
import { lowRankCorrection } from "../../../flows/corrections/low_rank.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { perturbed } from "../../flows/helpers.ts";
import { linearGaussian, unitStandardization } from "./toys.ts";

await openEngine("wasm");

const key = rootKey(53), d = 3, sigma = 0.5, variances = [0.5, 2, 1];
const shapes = { x: [d], context: [d] };
const covariance = variances.flatMap((v, i) => variances.map((_, j) => i === j ? v : 0));
const matrix = [...normals64(fold(key, "J"), d * d)];
const diagonal = matrix.map((v, k) => k % (d + 1) === 0 ? v : 0);
const mean = [0.5, -1, 1];

/** A linear-Gaussian problem of one source, and the flow whose posterior is corrected. */
async function problemOf(j: readonly number[], { flow, params }: { flow: Flow; params: Params }) {
  const toy = linearGaussian({ matrix: j, sigma, mean, covariance });
  const [observation] = await simulateObservations(toy, { key: fold(key, "observation"), n: 1 });
  const posterior = { flow, params, standardization: unitStandardization({ x: [d], y: [d] }) };
  return { ...toy, posterior, observation };
}

/** A correction whose parameters are fitted. */
type Fitted = LatentCorrection | WeightCorrection;

/** Gradients of many steps at given parameters, each flat. */
async function gradients(
  problem: CorrectionProblem,
  { correction, at, ...changes }: Partial<CorrectionSpec> & { correction: Fitted; at: Params },
): Promise<Float64Array[]> {
  const settings: CorrectionSpec = {
    kind: "any",
    target: "posterior",
    passes: 1,
    samples: 4,
    antithetic: false,
    gradient: "total",
    encoding: "shots",
    holdout: 0,
    decay: 1,
    optimizer: { kind: "adam" },
    ...changes,
  };
  const optimizer = adamOptimizer({ rate: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clip: 0 });
  const options = { optimizer, settings, stepsPerPass: 1, key: fold(key, "fit") };
  const { start, gradientAt } = correction.changes === "latents"
    ? latentDivergence(problem, { ...options, correction })
    : weightDivergence(problem, { ...options, correction });
  dispose(start);
  return await Promise.all(Array.from({ length: STEPS }, async (_, step) => {
    const { gradient } = await gradientAt(at, step), names = Object.keys(gradient).sort();
    const parts = await Promise.all(names.map((name) => read(gradient[name])));
    dispose(gradient);
    return Float64Array.from(parts.flatMap((part) => [...part]));
  }));
}

const STEPS = 200;

/** Mean of rows, and the sum over components of their variance. */
function momentsOf(rows: readonly Float64Array[]): { mean: Float64Array; variance: number } {
  const mean = rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const squares = rows.map((row) => row.reduce((sum, v, i) => sum + (v - mean[i]) ** 2, 0));
  return { mean, variance: squares.reduce((a, b) => a + b) / (rows.length - 1) };
}

const bentFlow = couplingFlow({ depth: 2, hidden: 8, shapes });
const batch = { x: tensor(normals(key, 8 * d), [8, d]), context: tensor(normals(key, 8 * d), [8, d]) };
const bent = {
  flow: bentFlow,
  params: perturbed(bentFlow.init(fold(key, "flow"), batch), fold(key, "weights")),
};

const CORRECTIONS: Record<string, Fitted> = {
  diagonal: diagonalCorrection,
  "low-rank": lowRankCorrection(2),
  flow: flowCorrection({ depth: 1, hidden: 8 }),
  finetune: weightCorrection,
};

for (const [name, correction] of Object.entries(CORRECTIONS)) {
  for (const target of ["latent", "posterior"] as const) {
    Deno.test(`${name}, ${target}: the gradient through the samples alone has the mean of the whole one`, async () => {
      const problem = await problemOf(matrix, bent);
      const start = correction.changes === "weights" ? bent.params : correction.init(key, [d]);
      const at = perturbed(start, fold(key, "at"), 0.1);
      const [total, path] = await Promise.all(
        (["total", "path"] as const).map((gradient) =>
          gradients(problem, { correction, at, target, gradient })
        ),
      );
      // Steps share their z, so that only what differs has noise.
      const { mean, variance } = momentsOf(total.map((row, k) => row.map((v, i) => v - path[k][i])));
      const expected = variance / STEPS;
      assertLess(mean.reduce((sum, v) => sum + v * v, 0), 4 * expected);
      assertGreater(variance, 0);
    });
  }
}

/** `z = x`. */
const identityFlow: Flow = {
  ...bentFlow,
  inverse: (_params, z) => mul(z, 1),
  pullback: (_params, x, _context, { dx }) => ({ z: mul(x, 1), logdet: zeros([x.shape[0]]), dz: mul(dx, 1) }),
};

Deno.test("where the correction is the posterior, the gradient through the samples alone has no noise", async () => {
  const problem = await problemOf(diagonal, { flow: identityFlow, params: {} });
  const { data } = problem.observation;
  const exact = variances.map((v, i) => {
    const j = diagonal[i * (d + 1)], variance = 1 / (1 / v + (j / sigma) ** 2);
    return { mean: variance * (mean[i] / v + j * data[i] / sigma ** 2), logScale: Math.log(variance) / 2 };
  });
  const at = {
    mu: tensor(Float32Array.from(exact, (e) => e.mean), [d]),
    logScale: tensor(Float32Array.from(exact, (e) => e.logScale), [d]),
  };
  const options = { correction: diagonalCorrection, at };
  const total = momentsOf(await gradients(problem, options));
  const path = momentsOf(await gradients(problem, { ...options, gradient: "path" }));
  assertGreater(total.variance, 0.1);
  assertLess(path.variance, 1e-8 * total.variance);
});
