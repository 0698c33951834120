import type { LinearOperator } from "../contracts/operator.ts";
import type { Likelihood } from "../contracts/problem.ts";
import type { Encoding } from "../contracts/spec.ts";
import type { Vector } from "../contracts/vector.ts";
import { sizeOf } from "../base/shape.ts";
import type { Key } from "../base/random.ts";
import { encodeData, encodings } from "./encodings.ts";
import type { Problem } from "./simulate.ts";
import { whitenerOf } from "../linalg/mod.ts";

/** The parts of a likelihood. */
type Model = Pick<Problem, "survey" | "noise">;

/** The likelihood of all data of an observation, flat [sources, ...shotRange]. */
export function likelihoodOf(model: Model, data: Vector): Likelihood {
  const { survey } = model, { simulator } = survey;
  if (simulator) return simulated(simulator, { data, size: sizeOf(survey.domain) });
  return whitened(model, { operator: survey.stacked, data, scale: 1 });
}

export interface EncodedLikelihoods {
  /**
   * The likelihood of the simultaneous source that a step sees; it estimates that of all data: N times its own misfit
   * `|W(J_i x - d_i)|^2 / 2`, N the sources.
   */
  at(step: number): Likelihood;
  /**
   * Mean `|W(J_i x - d_i)|^2 / 2` over the held-out sources and over `count` unknowns in a row. It costs one J per
   * unknown and source. Absent if no source is held out.
   */
  readonly heldOut?: (x: Vector, count: number) => Promise<number>;
}

/** The likelihoods of encoded sources. A simulator has no sources to combine: each is its whole likelihood. */
export function encodedLikelihoods(
  model: Model,
  { data, encoding, holdout = 0, key }: {
    data: Float32Array;
    encoding: Encoding;
    holdout?: number;
    key: Key;
  },
): EncodedLikelihoods {
  const { survey } = model, n = survey.sources;
  if (survey.simulator) {
    const whole = likelihoodOf(model, data);
    return { at: () => whole };
  }
  const { at, heldOut } = encodings(encoding, { n, holdout, key });
  const encoded = (weights: Float64Array) => ({
    operator: survey.encoded(weights),
    data: encodeData(weights, data),
  });
  return {
    at: (step) => whitened(model, { ...encoded(at(step)), scale: n }),
    ...(heldOut.length > 0 && {
      async heldOut(x, count) {
        let sum = 0;
        for (const weights of heldOut) {
          const { energies } = await whiteResidual(model, { ...encoded(weights), x, count });
          sum += energies.reduce((a, b) => a + b) / 2;
        }
        return sum / heldOut.length / count;
      },
    }),
  };
}

/** `scale / 2 |W(J x - d)|^2` and its gradient `scale J^T W W (J x - d)`. */
function whitened(
  model: Model,
  { operator, data, scale }: { operator: LinearOperator; data: Vector; scale: number },
): Likelihood {
  const whiten = whitenerOf(model);
  return {
    async misfit(x, count = 1) {
      const { white, energies } = await whiteResidual(model, { operator, data, x, count });
      const image = await operator.adjoint(whiten(white), count);
      const gradients = new Float32Array(image).map((v) => scale * v);
      return { values: energies.map((v) => scale / 2 * v), gradients };
    },
  };
}

/** `W(J x - d)` of `count` unknowns in a row, and its squared norm of each. */
export async function whiteResidual(
  model: Model,
  { operator, data, x, count }: { operator: LinearOperator; data: Vector; x: Vector; count: number },
): Promise<{ white: Vector; energies: Float64Array }> {
  const r = new Float32Array(await operator.forward(x, count)), per = data.length;
  for (let j = 0; j < r.length; j++) r[j] -= data[j % per];
  const white = whitenerOf(model)(r), energies = new Float64Array(count);
  for (let j = 0; j < white.length; j++) energies[Math.floor(j / per)] += white[j] ** 2;
  return { white, energies };
}

function simulated(
  simulator: NonNullable<Model["survey"]["simulator"]>,
  { data, size }: { data: Vector; size: number },
): Likelihood {
  return {
    misfit(x, count = 1) {
      const values = new Float64Array(count), gradients = new Float32Array(count * size);
      for (let i = 0; i < count; i++) {
        const { value, gradient } = simulator.logLikelihood(x.subarray(i * size, (i + 1) * size), data);
        values[i] = -value;
        gradients.set(gradient.map((v) => -v), i * size);
      }
      return Promise.resolve({ values, gradients });
    },
  };
}
