import type { Survey } from "../../core/contracts/operator.ts";
import { openEngine } from "../../core/engine/mod.ts";
import { freeCells, learnCovariance } from "../../core/inference/covariance.ts";
import { gaussianPosteriors } from "../../core/inference/gaussian_posterior.ts";
import { surveyInformation } from "../../core/inference/information.ts";
import { cholesky, multiplyTransposed } from "../../core/linalg/mod.ts";
import { fold, normals, normals64, rootKey } from "../../core/base/random.ts";
import { whiteNoise } from "../../physics/noise/gaussian.ts";
import type { Measurement } from "./main.ts";
import { data, image } from "../spaces.ts";

const KEY = rootKey(29), SIDE = 64, MUTED = 5, IMAGES = 1199, HELD_OUT = 120;
const SOURCES = 16, RECEIVERS = 32, SAMPLES = 109;
const shape = [SIDE, SIDE],
  mask = Float32Array.from({ length: SIDE ** 2 }, (_, i) => i < MUTED * SIDE ? 0 : 1);

/** Lower triangular L of an exponential covariance along one axis. */
const axis = (length: number) =>
  cholesky(
    Float64Array.from(
      { length: SIDE ** 2 },
      (_, k) => Math.exp(-Math.abs(Math.floor(k / SIDE) - k % SIDE) / length),
    ),
  );

/** Images `Lz E Lx^T` of white noise E. */
function images(name: string, count: number): Float32Array {
  const lz = axis(3), lx = axis(12), out = new Float32Array(count * SIDE ** 2);
  for (let k = 0; k < count; k++) {
    const e = normals64(fold(fold(KEY, name), k), SIDE ** 2);
    out.set(multiplyTransposed(lz, multiplyTransposed(lx, e)), k * SIDE ** 2);
  }
  return out;
}

/** A survey whose matrices are white noise, as large as those of 16 shots of 32 receivers on 64 x 64 cells. */
function noiseSurvey(): Survey {
  const cells = freeCells(mask).length, range = data(RECEIVERS, SAMPLES);
  const interpolation = Float32Array.from(
    { length: SAMPLES ** 2 },
    (_, k) => k % (SAMPLES + 1) === 0 ? 1 : 0,
  );
  const matrix = normals(fold(KEY, "matrix"), cells * RECEIVERS * SAMPLES);
  const refuse = () => {
    throw new Error("The benchmark's survey has matrices alone");
  };
  const domain = image(shape), migrated = images("data", 1);
  return {
    domain,
    shotRange: range,
    sources: SOURCES,
    mask,
    solves: { count: 0, add() {} },
    shot: refuse,
    encoded: refuse,
    stacked: { domain, range, forward: refuse, adjoint: () => Promise.resolve(migrated) },
    assemble: () =>
      Promise.resolve({ solves: 0, range, interpolation, transposed: () => Promise.resolve(matrix) }),
    close: () => Promise.resolve(),
  };
}

/** The result of some work, and how long it took. */
async function timed<T>(name: string, work: () => Promise<T>): Promise<[T, Measurement]> {
  const start = performance.now(), result = await work();
  return [result, { name, value: (performance.now() - start) / 1e3, unit: "s" }];
}

/** Seconds of a linear Gaussian posterior of 3,776 cells, by parts. */
export async function* bench(): AsyncIterable<Measurement> {
  const { name: engine } = await openEngine("auto");
  const training = images("training", IMAGES - HELD_OUT), heldOut = images("held out", HELD_OUT);
  const [prior, learning] = await timed(
    `covariance, 4 shrinkages, ${engine}`,
    () => learnCovariance({ training, heldOut }, { shape, mask }),
  );
  yield learning;
  const family = [{ factor: prior.factor, amplitudes: [1] }];
  const posteriors = gaussianPosteriors(surveyInformation(noiseSurvey()), family), sigma = 1e3;
  yield (await timed(`posterior, ${SOURCES} sources, ${engine}`, () => posteriors(whiteNoise(sigma))))[1];
  const [posterior, level] = await timed(
    `posterior, another level of noise, ${engine}`,
    () => posteriors(whiteNoise(2 * sigma)),
  );
  yield level;
  const data = new Float32Array(SOURCES * RECEIVERS * SAMPLES);
  yield (await timed(`mean of an observation, ${engine}`, () => posterior.moments(data)))[1];
}
