import { requestAdapter } from "../../core/engine/mod.ts";
import type { Survey } from "../../core/contracts/operator.ts";
import { normals, rootKey } from "../../core/base/random.ts";
import { positionsOf } from "../../physics/acquisition.ts";
import { velocityModel } from "../../physics/background.ts";
import { bornSurvey, type Computation } from "../../physics/born.ts";
import { ricker } from "../../physics/wavelet.ts";
import type { Measurement } from "./main.ts";

const SPONGE = 40, EVERY = 4, UNIT = "Mcells/s";

/** Surveys by the side of the padded grid: a small experiment's, and that of a published one with fewer shots. */
const SIZES = { 144: { samples: 544, shots: 16 }, 320: { samples: 1452, shots: 8 } } as const;

function surveyOf(side: keyof typeof SIZES, computation: Computation): Survey {
  const { samples, shots } = SIZES[side], n = side - 2 * SPONGE;
  const grid = { shape: [n, n], spacing: [12.5, 20] } as const, water = { depth: 62.5, velocity: 1500 };
  return bornSurvey({
    grid,
    velocity: velocityModel({ kind: "gradient", top: 2500, bottom: 3300, water }, grid),
    sources: positionsOf({ count: shots, depth: 25 }, grid),
    receivers: [positionsOf({ count: n / 2, depth: 25 }, grid)],
    wavelet: ricker({ frequency: 30, count: samples, dt: 1.378e-3 }),
    order: 8,
    sponge: { cells: SPONGE },
    muteRows: 5,
    amplitude: 1e-8,
    every: EVERY,
  }, computation);
}

/** Seconds of the fastest of some runs. */
async function fastest(work: () => Promise<unknown>, repeats = 3): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await work();
    best = Math.min(best, (performance.now() - start) / 1e3);
  }
  return best;
}

/** Millions of padded grid cells and time steps a second; a batch counts its perturbations. */
async function* measure(side: keyof typeof SIZES, computation: Computation): AsyncIterable<Measurement> {
  const { samples, shots } = SIZES[side], solve = side ** 2 * samples * shots / 1e6;
  const survey = surveyOf(side, computation), n = survey.domain.shape[0] ** 2;
  const { engine, workers } = computation;
  const of = engine === "webgpu" ? "webgpu" : `wasm, ${workers} worker${workers === 1 ? "" : "s"}`;
  const named = (what: string) => `${what}, ${side} x ${side}, ${of}`;
  const x = normals(rootKey(1), n), x8 = normals(rootKey(2), 8 * n), repeats = engine === "webgpu" ? 1 : 3;
  const first = await fastest(() => survey.stacked.forward(x), 1);
  yield { name: named("cache build and first J"), value: 2 * solve / first, unit: UNIT };
  const forward = await fastest(() => survey.nonlinear!.forward(x), repeats);
  yield { name: named("forward"), value: solve / forward, unit: UNIT };
  const J = await fastest(() => survey.stacked.forward(x), repeats), data = await survey.stacked.forward(x);
  yield { name: named("cached J"), value: solve / J, unit: UNIT };
  const JT = await fastest(() => survey.stacked.adjoint(data), repeats);
  yield { name: named("cached J^T"), value: solve / JT, unit: UNIT };
  const batch = await fastest(() => survey.stacked.forward(x8, 8), 1);
  yield { name: named("cached J of 8 perturbations"), value: 8 * solve / batch, unit: UNIT };
  await survey.close();
  if (engine === "webgpu") return;
  const uncached = surveyOf(side, { ...computation, memory: 1 });
  await uncached.shot(0).forward(x); // starts a worker
  const pair = await fastest(() => uncached.stacked.forward(x).then(() => uncached.stacked.adjoint(data)), 2);
  yield { name: named("J and J^T uncached over cached"), value: pair / (J + JT), unit: "times the time" };
  await uncached.close();
}

/** Seconds until a small survey is explicit matrices. */
async function assembly(): Promise<Measurement> {
  const survey = surveyOf(144, { workers: 1 }), start = performance.now();
  const { transposed } = await survey.assemble!();
  for (let i = 0; i < survey.sources; i++) await transposed(i);
  const value = (performance.now() - start) / 1e3;
  await survey.close();
  return {
    name: `assembly, ${survey.sources} shots of ${survey.shotRange.shape[0]} receivers`,
    value,
    unit: "s",
  };
}

/** The largest survey that WebGPU is timed on: software has no time for the larger one. */
async function webgpuSide(): Promise<number> {
  const adapter = await requestAdapter();
  if (!adapter) return 0;
  return /llvmpipe|swiftshader/i.test(adapter.info.description) ? 144 : Infinity;
}

/** Speed of the wave propagators, and the memory of a background. */
export async function* bench(): AsyncIterable<Measurement> {
  yield await assembly();
  for (const side of [144, 320] as const) {
    const { samples } = SIZES[side], n = side - 2 * SPONGE;
    const bytes = Math.ceil(samples / EVERY) * (n - 5) * n * 2;
    yield { name: `background of a shot, ${side} x ${side}, int16`, value: bytes / 1e6, unit: "MB" };
    const cores = navigator.hardwareConcurrency;
    for (const workers of [...new Set([1, cores])]) yield* measure(side, { workers });
    if (side <= await webgpuSide()) yield* measure(side, { engine: "webgpu" });
  }
}
