import { positionsOf } from "../../physics/acquisition.ts";
import { velocityModel } from "../../physics/background.ts";
import { bornSurvey } from "../../physics/born.ts";
import { ricker } from "../../physics/wavelet.ts";
import { normals, rootKey } from "../../core/random.ts";
import type { Measurement } from "./main.ts";

const SPONGE = 40, SAMPLES = 544, CELLS = (64 + 2 * SPONGE) ** 2;

/** The field experiments' survey: 64 x 64 cells, 16 shots, 32 receivers. */
function fieldSurvey(workers: number) {
  const grid = { shape: [64, 64], spacing: [12.5, 20] } as const;
  const water = { depth: 62.5, velocity: 1500 };
  return bornSurvey({
    grid,
    velocity: velocityModel({ kind: "gradient", top: 2500, bottom: 3300, water }, grid),
    sources: positionsOf({ count: 16, depth: 25 }, grid),
    receivers: positionsOf({ count: 32, depth: 25 }, grid),
    wavelet: ricker({ frequency: 30, count: SAMPLES, dt: 1.378e-3 }),
    order: 8,
    sponge: { cells: SPONGE },
    muteRows: 5,
    amplitude: 1e-8,
    every: 4,
  }, { workers });
}

/** Speed in millions of padded grid cells and time steps a second, the best of three repetitions. */
export async function* bench(): AsyncIterable<Measurement> {
  for (const workers of [1, 2]) {
    const survey = fieldSurvey(workers), x = normals(rootKey(1), 64 * 64), unit = "Mcells/s";
    const speed = async (operation: () => Promise<unknown>) => {
      const solves = survey.solves.count, start = performance.now();
      await operation();
      return (survey.solves.count - solves) * CELLS * SAMPLES / (performance.now() - start) / 1e3;
    };
    const best = async (operation: () => Promise<unknown>) => {
      const speeds = [];
      for (let i = 0; i < 3; i++) speeds.push(await speed(operation));
      return Math.max(...speeds);
    };
    const suffix = `8th order, 144 x 144, ${workers} worker${workers > 1 ? "s" : ""}`;
    const first = await speed(() => survey.stacked.forward(x));
    yield { name: `background and first J, ${suffix}`, value: first, unit };
    yield {
      name: `J on a cached background, ${suffix}`,
      value: await best(() => survey.stacked.forward(x)),
      unit,
    };
    const data = await survey.stacked.forward(x);
    yield {
      name: `J^T on a cached background, ${suffix}`,
      value: await best(() => survey.stacked.adjoint(data)),
      unit,
    };
    await survey.close();
  }
}
