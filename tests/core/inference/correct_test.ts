import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { Correction, Flow, Optimizer, Params } from "../../../core/contracts/flow.ts";
import type { Survey } from "../../../core/contracts/operator.ts";
import type { CorrectionSpec } from "../../../core/contracts/spec.ts";
import {
  dispose,
  mul,
  openEngine,
  read,
  sub,
  sum,
  type Tensor,
  tensor,
  tensorCount,
} from "../../../core/engine/mod.ts";
import { type CorrectionProblem, correctLatent } from "../../../core/inference/correct.ts";
import type { Standardization } from "../../../core/inference/standardize.ts";
import { singleShot } from "../../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../../core/random.ts";
import { diagonalCorrection } from "../../../flows/corrections/diagonal.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { denseOperator } from "../../../physics/toy/dense.ts";
import { moved, perturbed } from "../../flows/helpers.ts";
import { unitStandardization } from "./toys.ts";

const key = rootKey(17), size = 6, shots = 3, sigma = 0.6;
const settings: CorrectionSpec = {
  kind: "diagonal",
  passes: 1,
  encoding: "orthogonal",
  decay: 1,
  optimizer: { kind: "adam" },
};

/** `x = scale u + mean`, so that what is fitted in u is told apart from x. */
const standardization: Standardization = {
  ...unitStandardization({ x: [size], y: [shots * size] }),
  xMean: Float64Array.of(0.5, -1, 2, 0, 1, -0.5),
  xScale: Float64Array.of(2, 0.5, 1, 1.5, 0.8, 3),
};

/** Row i: the diagonal of shot i's operator. */
const diagonals = Array.from({ length: shots }, (_, i) => [...normals(fold(key, `shot ${i}`), size)]);

/** Several shots, each a matrix that is diagonal unless `mix` couples the unknowns. */
function survey(mix: number): Survey {
  const domain = { name: "x", shape: [size] }, range = { name: "data", shape: [size] };
  const coupled = normals(fold(key, "mix"), size * size);
  const encoded = (weights: Float64Array) => {
    const matrix = coupled.map((v, k) => {
      const [row, column] = [Math.floor(k / size), k % size];
      const own = diagonals.reduce((total, a, i) => total + weights[i] * a[row], 0);
      return (row === column ? own : 0) + mix * weights[row % shots] * v;
    });
    return denseOperator(Float64Array.from(matrix), { domain, range });
  };
  return { ...singleShot(encoded(new Float64Array(shots))), sources: shots, encoded };
}

const observation = {
  data: normals(fold(key, "data"), shots * size),
  summary: normals(fold(key, "y"), shots * size),
};

const shapes = { x: [size], context: [shots * size] };

/** `z = x`. */
const identityFlow: Flow = {
  ...couplingFlow({ depth: 1, hidden: 2, shapes }),
  inverse: (_params, z) => mul(z, 1),
  pullback: (_params, x, _context, dx) => ({ z: mul(x, 1), dz: mul(dx, 1) }),
};

const adam = adamOptimizer({ rate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0 });

const diagonalProblem: CorrectionProblem = {
  posterior: { flow: identityFlow, params: {}, standardization },
  survey: survey(0),
  noise: whiteNoise(sigma),
  observation,
};

Deno.test("on a diagonal linear-Gaussian problem the diagonal correction finds the exact posterior", async () => {
  await openEngine("wasm");
  const fitted = await correctLatent(diagonalProblem, {
    correction: diagonalCorrection,
    optimizer: adam,
    settings: { ...settings, passes: 3000, decay: 0.9977 },
    key,
  });
  const mu = await read(fitted.params.mu), logScale = await read(fitted.params.logScale);
  dispose(fitted.params);
  for (let k = 0; k < size; k++) {
    // u ~ N(0, 1) before; shot i adds the datum a_i (scale u + mean) + e.
    const scale = standardization.xScale[k], mean = standardization.xMean[k];
    let precision = 1, rhs = 0;
    for (let i = 0; i < shots; i++) {
      const a = diagonals[i][k];
      precision += (a * scale / sigma) ** 2;
      rhs += a * scale * (observation.data[i * size + k] - a * mean) / sigma ** 2;
    }
    const std = 1 / Math.sqrt(precision);
    assertLess(Math.abs(mu[k] - rhs / precision) / std, 0.05, `mean of component ${k}`);
    assertAlmostEquals(Math.exp(logScale[k]) / std, 1, 0.05, `standard deviation of component ${k}`);
  }
});

/** A flow that bends and mixes its latents. */
const bentFlow = couplingFlow({ depth: 3, hidden: 16, shapes });

/** Descends by the first step's gradient, and then stands still. */
const firstGradient: Optimizer = {
  rate: 1,
  init: () => ({}),
  step: (params, gradient, state, { step }) => ({
    params: combine(params, (p, name) => step === 0 ? sub(p, gradient[name]) : mul(p, 1)),
    state,
  }),
};

function combine(params: Params, each: (p: Tensor, name: string) => Tensor): Params {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [name, each(p, name)]));
}

/** The first step's objective and its gradient at given correction parameters; z and the source follow the key. */
async function objectiveAt(
  problem: CorrectionProblem,
  params: Params,
): Promise<{ value: number; gradient: Params }> {
  const correction: Correction = { ...diagonalCorrection, init: () => combine(params, (p) => mul(p, 1)) };
  const values: number[] = [];
  const { params: descended } = await correctLatent(problem, {
    correction,
    optimizer: firstGradient,
    settings,
    key,
    progress: (event) => values.push(event.objective),
  });
  const entropy = (await read(sum(params.logScale)))[0];
  return { value: values[0] - entropy, gradient: combine(params, (p, name) => sub(p, descended[name])) };
}

Deno.test("the correction's gradient is the objective's, through flow, operator and noise", async () => {
  await openEngine("wasm");
  const batch = {
    x: tensor(normals(key, 8 * size), [8, size]),
    context: tensor(normals(key, 8 * 18), [8, 18]),
  };
  const weights = perturbed(bentFlow.init(fold(key, "flow"), batch), fold(key, "weights"));
  const problem: CorrectionProblem = {
    posterior: { flow: bentFlow, params: weights, standardization },
    survey: survey(0.3),
    noise: whiteNoise(sigma),
    observation,
  };
  const at = perturbed(diagonalCorrection.init([size]), fold(key, "at"), 0.3);
  const direction = perturbed(diagonalCorrection.init([size]), fold(key, "direction"), 1);
  const { value, gradient } = await objectiveAt(problem, at);
  let slope = 0;
  for (const name of ["mu", "logScale"]) slope += (await read(sum(mul(gradient[name], direction[name]))))[0];
  const remainder = async (h: number) =>
    Math.abs((await objectiveAt(problem, moved(at, direction, h))).value - value - h * slope);
  const remainders = [await remainder(0.08), await remainder(0.04), await remainder(0.02)];
  for (const i of [0, 1]) {
    assertAlmostEquals(Math.log2(remainders[i] / remainders[i + 1]), 2, 0.25, `remainders ${remainders}`);
  }
});

Deno.test("a correction leaves no tensors behind but its parameters", async () => {
  await openEngine("wasm");
  const before = tensorCount().tensors;
  const { params } = await correctLatent(diagonalProblem, {
    correction: diagonalCorrection,
    optimizer: adam,
    settings: { ...settings, passes: 3 },
    key,
  });
  assertEquals(tensorCount().tensors - before, Object.keys(params).length);
  dispose(params);
});
