import { assertAlmostEquals, assertEquals, assertLess, assertNotEquals, assertRejects } from "@std/assert";
import type { LatentCorrection } from "../../../core/contracts/correction.ts";
import type { Optimizer, Params } from "../../../core/contracts/flow.ts";
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
import { fitCorrection, fitLatents } from "../../../core/inference/correct.ts";
import type { CorrectionProblem } from "../../../core/inference/correction_task.ts";
import { drawPosterior } from "../../../core/inference/draw.ts";
import type { Standardization } from "../../../core/inference/standardize.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { diagonalCorrection } from "../../../flows/corrections/diagonal.ts";
import { evidenceCorrection } from "../../../flows/corrections/evidence.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../../flows/optimizers/adam.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { gaussian } from "../../../physics/priors/gaussian.ts";
import { denseOperator } from "../../../physics/toy/dense_operator.ts";
import { moved, perturbed } from "../../flows/helpers.ts";
import { identityFlow, unitStandardization } from "./toys.ts";
import { singleShot } from "../../../physics/single_shot.ts";
import { data, vector } from "../../spaces.ts";

const key = rootKey(17), size = 6, shots = 3, sigma = 0.6;
const settings: CorrectionSpec = {
  kind: "diagonal",
  target: "latent",
  passes: 1,
  samples: 1,
  antithetic: false,
  gradient: "total",
  encoding: "orthogonal",
  holdout: 0,
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
  const domain = vector(size), range = data(size);
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

/** In the unknown's own unit: other centres and widths than the flow's coordinates. */
const priorMean = Float64Array.of(-1, 1, 0, 2, 0.5, -2);
const priorVariance = Float64Array.of(0.5, 2, 0.3, 1, 4, 0.7);
const prior = gaussian({
  domain: vector(size),
  mean: priorMean,
  covariance: Float64Array.from(
    { length: size * size },
    (_, k) => k % (size + 1) === 0 ? priorVariance[k / (size + 1)] : 0,
  ),
});

const shapes = { x: [size], context: [shots * size] };

const adam = adamOptimizer({ rate: 0.05, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clip: 0 });

const diagonalProblem: CorrectionProblem = {
  posterior: { flow: identityFlow(shapes), params: {}, standardization },
  survey: survey(0),
  noise: whiteNoise(sigma),
  prior,
  summary: {
    space: standardization.y,
    linear: true,
    apply: () => Promise.reject(new Error("the summary is there already")),
  },
  observation,
};

/** Mean and standard deviation of component k in flow coordinates, of a prior N(m, v) on it and all shots' data. */
function exactly(k: number, { m, v }: { m: number; v: number }): { mean: number; std: number } {
  const scale = standardization.xScale[k], shift = standardization.xMean[k];
  let precision = 1 / v, rhs = m / v;
  for (let i = 0; i < shots; i++) {
    const a = diagonals[i][k];
    precision += (a * scale / sigma) ** 2;
    rhs += a * scale * (observation.data[i * size + k] - a * shift) / sigma ** 2;
  }
  return { mean: rhs / precision, std: 1 / Math.sqrt(precision) };
}

for (const target of ["latent", "posterior"] as const) {
  Deno.test(`target ${target}: on a diagonal linear-Gaussian problem the correction finds the exact posterior`, async () => {
    await openEngine("wasm");
    const fitted = await fitLatents(diagonalProblem, {
      correction: diagonalCorrection,
      optimizer: adam,
      settings: { ...settings, target, passes: 1500, decay: 0.995, samples: 4, antithetic: true },
      stepsPerPass: shots,
      key,
    });
    const mu = await read(fitted.params.mu), logScale = await read(fitted.params.logScale);
    dispose(fitted.params);
    for (let k = 0; k < size; k++) {
      // The latent target's prior is N(0, 1) in flow coordinates, the posterior target's the unknown's own.
      const scale = standardization.xScale[k], own = priorMean[k] - standardization.xMean[k];
      const assumed = target === "latent"
        ? { m: 0, v: 1 }
        : { m: own / scale, v: priorVariance[k] / scale ** 2 };
      const { mean, std } = exactly(k, assumed);
      assertLess(Math.abs(mu[k] - mean) / std, 0.05, `mean of component ${k}`);
      assertAlmostEquals(Math.exp(logScale[k]) / std, 1, 0.05, `standard deviation of component ${k}`);
    }
  });
}

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
  { params, options }: { params: Params; options: CorrectionSpec },
): Promise<{ value: number; gradient: Params }> {
  const correction: LatentCorrection = {
    ...diagonalCorrection,
    init: () => combine(params, (p) => mul(p, 1)),
  };
  const values: number[] = [];
  const { params: descended } = await fitLatents(problem, {
    correction,
    optimizer: firstGradient,
    settings: options,
    stepsPerPass: shots,
    key,
    progress: (event) => values.push(event.objective),
  });
  const entropy = (await read(sum(params.logScale)))[0];
  return { value: values[0] - entropy, gradient: combine(params, (p, name) => sub(p, descended[name])) };
}

for (const target of ["latent", "posterior"] as const) {
  Deno.test(`target ${target}: the correction's gradient is the objective's, through flow, operator and noise`, async () => {
    await openEngine("wasm");
    const batch = {
      x: tensor(normals(key, 8 * size), [8, size]),
      context: tensor(normals(key, 8 * 18), [8, 18]),
    };
    const weights = perturbed(bentFlow.init(fold(key, "flow"), batch), fold(key, "weights"));
    const problem: CorrectionProblem = {
      ...diagonalProblem,
      posterior: { flow: bentFlow, params: weights, standardization },
      survey: survey(0.3),
    };
    const at = perturbed(diagonalCorrection.init(key, [size]), fold(key, "at"), 0.3);
    const direction = perturbed(diagonalCorrection.init(key, [size]), fold(key, "direction"), 1);
    const options = { ...settings, target, samples: 4, antithetic: true };
    const { gradient } = await objectiveAt(problem, { params: at, options });
    let slope = 0;
    for (const name of ["mu", "logScale"]) {
      slope += (await read(sum(mul(gradient[name], direction[name]))))[0];
    }
    const value = async (h: number) =>
      (await objectiveAt(problem, { params: moved(at, direction, h), options })).value;
    for (const h of [1e-2, 2e-3]) {
      assertAlmostEquals((await value(h) - await value(-h)) / (2 * h) / slope, 1, 5e-3, `step ${h}`);
    }
  });
}

Deno.test("an adapting correction conditions the flow on the adapted summary, and fits nothing", async () => {
  await openEngine("wasm");
  const adapted = normals(fold(key, "adapted"), shots * size), asked: unknown[] = [];
  const samples = normals(fold(key, "samples"), 3 * size);
  const summary = {
    ...diagonalProblem.summary,
    adapted: (data: unknown, { prior }: { prior: string }) =>
      Promise.resolve((asked.push(data, prior), { summary: adapted, samples })),
  };
  const options = { optimizer: adam, settings: { ...settings, passes: 3 }, stepsPerPass: shots, key };
  const correction = evidenceCorrection({ prior: "hierarchical", pool: 0 });
  const fitted = await fitCorrection({ ...diagonalProblem, summary }, { ...options, correction });
  assertEquals(asked, [observation.data, "hierarchical"]);
  const x = tensor(normals(key, 8 * size), [8, size]), context = tensor(normals(key, 8 * 18), [8, 18]);
  const params = perturbed(couplingFlow({ depth: 1, hidden: 4, shapes }).init(key, { x, context }), key);
  const posterior = { flow: couplingFlow({ depth: 1, hidden: 4, shapes }), params, standardization };
  const draws = { key, n: 4 }, direct = await drawPosterior(posterior, adapted, draws);
  assertEquals(await drawPosterior(posterior, observation.summary, { ...draws, corrected: fitted }), direct);
  assertNotEquals(await drawPosterior(posterior, observation.summary, draws), direct);
  const n = 4000, pooling = evidenceCorrection({ prior: "hierarchical", pool: 0.25 });
  const pooled = await fitCorrection({ ...diagonalProblem, summary }, { ...options, correction: pooling });
  const flows = await drawPosterior(posterior, adapted, { key, n });
  const both = await drawPosterior(posterior, observation.summary, { key, n, corrected: pooled });
  let others = 0;
  for (let i = 0; i < n; i++) {
    const row = both.subarray(i * size, (i + 1) * size), from = others % 3 * size;
    if (row[0] === flows[i * size]) assertEquals(row, flows.subarray(i * size, (i + 1) * size));
    else assertEquals(row, samples.subarray(from, from + size), `sample ${others++} of the pool`);
  }
  assertLess(Math.abs(others / n - 0.25), 4 * Math.sqrt(0.25 * 0.75 / n));
  await assertRejects(
    () => fitCorrection(diagonalProblem, { ...options, correction }),
    Error,
    "has no prior of its own that the data could tell",
  );
});

Deno.test("a fit that only harms the sources which it does not see is given up, and leaves the start", async () => {
  await openEngine("wasm");
  const options = { correction: diagonalCorrection, stepsPerPass: shots, key }, passes: number[] = [];
  const held: number[] = [];
  const wild = await fitLatents(diagonalProblem, {
    ...options,
    optimizer: adamOptimizer({ rate: 300, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clip: 0 }),
    settings: { ...settings, passes: 50, holdout: 0.34 },
    progress: ({ heldOut }) => heldOut !== undefined && held.push(heldOut),
    onPass: (_fitted, pass) => Promise.resolve(void passes.push(pass)),
  });
  assertEquals(passes, held.map((_, i) => i + 1));
  assertLess(passes.length, 10);
  assertEquals([...await read(wild.params.mu)], Array(size).fill(0));
  const before = tensorCount().tensors;
  const calm = await fitLatents(diagonalProblem, {
    ...options,
    optimizer: adam,
    settings: { ...settings, passes: 20, samples: 8, holdout: 0.34 },
    progress: ({ heldOut }) => heldOut !== undefined && held.push(heldOut),
  });
  assertEquals(tensorCount().tensors - before, Object.keys(calm.params).length);
  const start = diagonalCorrection.init(key, [size]);
  assertNotEquals(await read(calm.params.mu), await read(start.mu));
});

Deno.test("a correction leaves no tensors behind but its parameters", async () => {
  await openEngine("wasm");
  const before = tensorCount().tensors;
  const { params } = await fitLatents(diagonalProblem, {
    correction: diagonalCorrection,
    optimizer: adam,
    settings: { ...settings, passes: 3 },
    stepsPerPass: shots,
    key,
  });
  assertEquals(tensorCount().tensors - before, Object.keys(params).length);
  dispose(params);
});
