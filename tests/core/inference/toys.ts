import type { Flow, FlowShapes } from "../../../core/contracts/flow.ts";
import type { Survey } from "../../../core/contracts/operator.ts";
import type { Prior } from "../../../core/contracts/problem.ts";
import { mul, zeros } from "../../../core/engine/mod.ts";
import type { Problem } from "../../../core/inference/simulate.ts";
import type { Standardization } from "../../../core/inference/standardize.ts";
import { couplingFlow } from "../../../flows/networks/coupling.ts";
import { whiteNoise } from "../../../physics/noise/gaussian.ts";
import { gaussian } from "../../../physics/priors/gaussian.ts";
import { denseOperator } from "../../../physics/toy/dense_operator.ts";
import { sizeOf } from "../../../core/base/shape.ts";
import { singleShot } from "../../../physics/single_shot.ts";
import { data, image as imageOf, vector } from "../../spaces.ts";

/** A dense matrix [rows, columns] as a survey of one source. */
export function matrixSurvey(matrix: readonly number[], columns: number): Survey {
  return singleShot(denseOperator(Float64Array.from(matrix), {
    domain: vector(columns),
    range: data(matrix.length / columns),
  }));
}

/** A problem whose summary is the data. */
export function vectorProblem(
  { survey, sigma, prior }: { survey: Survey; sigma: number; prior: Prior },
): Problem {
  const summary = {
    space: survey.shotRange,
    linear: true,
    apply: (d: Float32Array | Float64Array) => Promise.resolve(new Float32Array(d)),
  };
  return { survey, noise: whiteNoise(sigma), prior, summary };
}

/** `d = J x + e` with a Gaussian prior. */
export function linearGaussian(
  { matrix, sigma, mean, covariance }: {
    matrix: readonly number[];
    sigma: number;
    mean: readonly number[];
    covariance: readonly number[];
  },
): Problem {
  const survey = matrixSurvey(matrix, mean.length);
  const prior = gaussian({
    domain: survey.domain,
    mean: Float64Array.from(mean),
    covariance: Float64Array.from(covariance),
  });
  return vectorProblem({ survey, sigma, prior });
}

/** A standardization that changes nothing, of images or vectors x and y of the given shapes. */
export function unitStandardization(
  { x, y, mask }: { x: readonly number[]; y: readonly number[]; mask?: Float32Array },
): Standardization {
  const size = sizeOf({ shape: x }), image = x.length === 2;
  const count = (n: number) => ({ mean: new Float64Array(n), scale: new Float64Array(n).fill(1) });
  const xs = count(image ? 1 : size), ys = count(y[0]);
  return {
    xMean: xs.mean,
    xScale: xs.scale,
    yMean: ys.mean,
    yScale: ys.scale,
    x: image ? imageOf(x) : vector(size),
    y: image ? imageOf(y) : data(...y),
    mask: mask ?? new Float32Array(size).fill(1),
  };
}

/** `z = x`. */
export function identityFlow(shapes: FlowShapes): Flow {
  return {
    ...couplingFlow({ depth: 1, hidden: 2, shapes }),
    inverse: (_params, z) => mul(z, 1),
    pullback: (_params, x, _context, { dx }) => ({
      z: mul(x, 1),
      logdet: zeros([x.shape[0]]),
      dz: mul(dx, 1),
    }),
  };
}
