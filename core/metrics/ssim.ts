import type { Vector } from "../contracts/vector.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import type { Judgement } from "../contracts/metric.ts";
import { metric, unmasked } from "./metric.ts";

/** Half width and standard deviation of the Gaussian window, in cells: 11 by 11, sigma 1.5. */
const HALF = 5, SIGMA = 1.5;
/** Stabilising constants, as fractions of the dynamic range. */
const K1 = 0.01, K2 = 0.03;

/**
 * Mean structural similarity of the mean and the truth (Wang, Bovik, Sheikh, Simoncelli 2004), with the truth's
 * dynamic range: 1 for equal images. Windows are renormalised over the cells that count, so neither the muted
 * cells nor the image's surroundings enter. Only images have one.
 */
export const ssim = metric({
  kind: "ssim",
  about: "structural similarity of the mean and the truth, of images alone",
  default: true,
  gives: { ssim: { label: "SSIM", better: "higher", decimals: 3 } },
  evaluate(judgement): Record<string, number> {
    return judgement.space.kind === "image" ? { ssim: similarity(judgement) } : {};
  },
});

function similarity({ truth, mean, space: { shape }, mask }: Judgement): number {
  const cells = unmasked(mask);
  const range = dynamicRange(truth, cells);
  if (!(range > 0)) throw new Uncomputable("The truth is the same everywhere: SSIM needs its dynamic range");
  const c1 = (K1 * range) ** 2, c2 = (K2 * range) ** 2;
  const weight = blur(mask, shape);
  const average = (value: (i: number) => number) =>
    blur(Float64Array.from(mask, (m, i) => m === 0 ? 0 : value(i)), shape).map((v, i) => v / weight[i]);
  const x = average((i) => truth[i]), y = average((i) => mean[i]);
  const xx = average((i) => truth[i] ** 2), yy = average((i) => mean[i] ** 2);
  const xy = average((i) => truth[i] * mean[i]);
  let sum = 0;
  for (const i of cells) {
    const vx = xx[i] - x[i] ** 2, vy = yy[i] - y[i] ** 2, cov = xy[i] - x[i] * y[i];
    sum += (2 * x[i] * y[i] + c1) * (2 * cov + c2) / ((x[i] ** 2 + y[i] ** 2 + c1) * (vx + vy + c2));
  }
  return sum / cells.length;
}

function dynamicRange(x: Vector, cells: readonly number[]): number {
  let low = Infinity, high = -Infinity;
  for (const i of cells) {
    low = Math.min(low, x[i]);
    high = Math.max(high, x[i]);
  }
  return high - low;
}

/** Separable Gaussian window sums, cells outside the image counting as 0. */
function blur(x: Vector, [rows, columns]: readonly number[]): Float64Array {
  const alongRows = convolve(Float64Array.from(x), { count: rows, stride: columns });
  return convolve(alongRows, { count: columns, stride: 1 });
}

function convolve(x: Float64Array, { count, stride }: { count: number; stride: number }): Float64Array {
  return x.map((_, i) => {
    const at = Math.floor(i / stride) % count;
    let sum = 0;
    for (let k = Math.max(-HALF, -at); k <= Math.min(HALF, count - 1 - at); k++) {
      sum += Math.exp(-0.5 * (k / SIGMA) ** 2) * x[i + k * stride];
    }
    return sum;
  });
}
