import { openEngine } from "../../core/engine/mod.ts";
import { expectedPeriodograms, fitWindows } from "../../core/inference/expected_periodograms.ts";
import { memberPool, membersHere } from "../../core/inference/local_pool.ts";
import { drawLocal, learnLocalPrior } from "../../core/inference/local_prior.ts";
import { gainMembers } from "../../core/inference/whittle.ts";
import { multiplySymmetricTiled, tiled } from "../../core/linalg/mod.ts";
import { fold, normals, rootKey } from "../../core/base/random.ts";
import type { Measurement } from "./main.ts";

const KEY = rootKey(37), SIDE = 64, MUTED = 5, N = SIDE * (SIDE - MUTED), IMAGES = 200, WORKERS = 2;

/** Images that are smooth along rows and columns. */
function images(): Float32Array {
  const e = normals(KEY, IMAGES * SIDE ** 2 + 2 * SIDE);
  return Float32Array.from(
    { length: IMAGES * SIDE ** 2 },
    (_, k) => e[k] + e[k + 1] + e[k + SIDE] + e[k + SIDE + 1],
  );
}

/** The result of some work, and how long it took. */
async function timed<T>(name: string, work: () => T | Promise<T>): Promise<[T, Measurement]> {
  const start = performance.now(), result = await work();
  return [result, { name, value: (performance.now() - start) / 1e3, unit: "s" }];
}

/** Seconds of a posterior of 3,776 cells under a prior of 16 bands in 9 windows, by parts. */
export async function* bench(): AsyncIterable<Measurement> {
  const { name: engine } = await openEngine("auto");
  const mask = Float32Array.from({ length: SIDE ** 2 }, (_, i) => i < MUTED * SIDE ? 0 : 1);
  const prior = learnLocalPrior(images(), { shape: [SIDE, SIDE], mask });
  const hessian = tiled(N, (i, j) => i === j ? 60 : Math.abs(i - j) === SIDE ? 15 : 0);
  const noise = normals(fold(KEY, "noise"), 150 * N).map((v) => 8 * v);
  const [expected, simulation] = await timed(
    `expected periodograms, ${engine}`,
    () => expectedPeriodograms(prior, { hessian, noise, key: KEY }),
  );
  yield simulation;
  const logGains = new Float64Array(prior.spectra.length * prior.windows.weights.length);
  const truth = drawLocal(prior, { logGains, key: fold(KEY, "truth"), n: 1 });
  const migration = (await multiplySymmetricTiled(hessian, truth)).map((v, k) => v + noise[k]);
  const [fit, fitting] = await timed("fit of the gains", () => fitWindows(migration, prior, expected));
  yield fitting;
  const requests = gainMembers(fit, { members: 2 * WORKERS, key: KEY })
    .map((gains) => ({ migration, scale: 1, logGains: gains, key: KEY, n: 0 }));
  const problem = { prior, hessian }, here = membersHere(problem);
  yield (await timed(`one member, ${engine}`, () => here(requests.slice(0, 1))))[1];
  const pool = memberPool(problem, { workers: WORKERS });
  await pool.compute(requests.slice(0, WORKERS)); // the workers open
  const [, together] = await timed("", () => pool.compute(requests));
  pool.close();
  yield { ...together, name: `a member, ${WORKERS} workers`, value: together.value / requests.length };
}
