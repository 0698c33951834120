import type { Flow, Params } from "../../core/contracts/flow.ts";
import { dispose, read, scope, tensor } from "../../core/engine/mod.ts";
import { fold, type Key, normals64, uniforms } from "../../core/base/random.ts";
import { spline } from "../../flows/layers/spline.ts";
import { couplingFlow } from "../../flows/networks/coupling.ts";
import { adamOptimizer } from "../../flows/optimizers/adam.ts";

/** `n` points of a density in the plane, [n, 2] flat. */
export type Target = (key: Key, n: number) => Float32Array;

/** Two half circles that reach into each other, with Gaussian noise. */
export const moons: Target = (key, n) =>
  points(n, drawn(key, n), ({ u, e }) => {
    const angle = Math.PI * u[0], lower = u[1] < 0.5;
    const [x, y] = lower ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)];
    return [1.5 * (x - 0.5) + 0.1 * e[0], 1.5 * (y - 0.25) + 0.1 * e[1]];
  });

/** The black squares of a 4 x 4 board on [-2, 2]^2, uniform. */
export const checkerboard: Target = (key, n) =>
  points(n, drawn(key, n), ({ u }) => {
    const column = Math.floor(4 * u[0]), row = 2 * Math.floor(2 * u[1]) + column % 2;
    return [4 * u[0] - 2, row + 2 * u[1] % 1 - 2];
  });

/** Four concentric circles with Gaussian noise. */
export const rings: Target = (key, n) =>
  points(n, drawn(key, n), ({ u, e }) => {
    const radius = 0.6 * (1 + Math.floor(4 * u[0])) + 0.08 * e[0], angle = 2 * Math.PI * u[1];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });

const CENTRES = [[-1.5, -1], [1.5, -1.2], [0, 1.6], [0.2, 0], [-1.8, 1.2]];
const SIGMA = 0.35;

/** Five equal Gaussians, two of which overlap. */
export const mixture: Target = (key, n) =>
  points(n, drawn(key, n), ({ u, e }) => {
    const [x, y] = CENTRES[Math.floor(CENTRES.length * u[0])];
    return [x + SIGMA * e[0], y + SIGMA * e[1]];
  });

/** `-int p log p` of the mixture in nats, by the rectangle rule, which converges exponentially here. */
export function mixtureEntropy(): number {
  const h = 0.02;
  let total = 0;
  for (let x = -5; x < 5; x += h) {
    for (let y = -5; y < 5; y += h) {
      const p = mixtureDensity(x, y);
      if (p > 0) total -= p * Math.log(p) * h * h;
    }
  }
  return total;
}

function mixtureDensity(x: number, y: number): number {
  const parts = CENTRES.map(([cx, cy]) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * SIGMA ** 2)));
  return parts.reduce((a, b) => a + b) / (CENTRES.length * 2 * Math.PI * SIGMA ** 2);
}

interface Draws {
  readonly u: Float64Array;
  readonly e: Float64Array;
}

/** Two uniforms and two normals per point. */
function drawn(key: Key, n: number): Draws {
  return { u: uniforms(fold(key, "u"), 2 * n), e: normals64(fold(key, "e"), 2 * n) };
}

function points(n: number, { u, e }: Draws, point: (draws: Draws) => number[]): Float32Array {
  const pair = (i: number) => ({ u: u.subarray(2 * i, 2 * i + 2), e: e.subarray(2 * i, 2 * i + 2) });
  return Float32Array.from(Array.from({ length: n }, (_, i) => point(pair(i))).flat());
}

/** The unconditional spline flow of the density tests. */
export function planeFlow(
  { depth = 6, hidden = 64, bins = 16 }: { depth?: number; hidden?: number; bins?: number } = {},
): Flow {
  const shapes = { x: [2], context: [0] };
  return couplingFlow({ depth, hidden, shapes, transform: spline({ bins, bound: 4 }) });
}

const planar = (values: Float32Array) => {
  const n = values.length / 2;
  return { x: tensor(values, [n, 2]), context: tensor(new Float32Array(0), [n, 0]) };
};

/** Maximum likelihood on fresh points at every step, the rate falling to 0 as a cosine. */
export async function fitDensity(
  flow: Flow,
  target: Target,
  { key, steps, batch = 256, rate = 3e-3 }: { key: Key; steps: number; batch?: number; rate?: number },
): Promise<Params> {
  const adam = adamOptimizer({ rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 5 });
  let params = scope(() => flow.init(fold(key, "init"), planar(target(fold(key, "first"), 1024))));
  let state = scope(() => adam.init(params));
  for (let step = 0; step < steps; step++) {
    const values = target(fold(fold(key, "batch"), step), batch);
    const next = scope(() => {
      const { x, context } = planar(values), { gradient } = flow.lossAndGradient(params, x, context);
      const now = rate * (1 + Math.cos(Math.PI * step / steps)) / 2;
      return adam.step(params, gradient, state, { step, rate: now });
    });
    for (const old of [params, state]) dispose(old);
    ({ params, state } = next);
    if (step % 100 === 0) await read(Object.values(params)[0]);
  }
  dispose(state);
  return params;
}

/** Mean negative log density of `n` fresh points in nats, and its standard error. */
export async function heldOut(
  flow: Flow,
  params: Params,
  { target, key, n = 20000 }: { target: Target; key: Key; n?: number },
): Promise<{ mean: number; error: number }> {
  const losses = scope(() => {
    const { x, context } = planar(target(fold(key, "held out"), n));
    return flow.loss(params, x, context);
  });
  const nats = (await read(losses)).map((loss) => 2 * loss + Math.log(2 * Math.PI));
  dispose({ losses });
  const mean = nats.reduce((a, b) => a + b) / n;
  const variance = nats.reduce((a, v) => a + (v - mean) ** 2, 0) / n;
  return { mean, error: Math.sqrt(variance / n) };
}

/** `n` points of the flow, [n, 2] flat. */
export async function drawPoints(flow: Flow, params: Params, { key, n }: { key: Key; n: number }) {
  const x = scope(() => {
    const { x: z, context } = planar(new Float32Array(normals64(fold(key, "z"), 2 * n)));
    return flow.inverse(params, z, context);
  });
  const values = await read(x);
  dispose({ x });
  return values;
}
