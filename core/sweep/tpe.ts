import { fold, type Key, normals64, uniforms } from "../base/random.ts";
import { normalCdf } from "../inference/probit.ts";
import { choiceAt, type Dimension } from "../spec/sweep_space.ts";

/** A point of the unit cube and what it cost: less is better. */
interface Judged {
  readonly point: readonly number[];
  readonly loss: number;
}

/** Trials drawn at random before the first estimate; candidates per estimate; the best quarter of sqrt(n) is good. */
const START = 10, CANDIDATES = 24, GOOD = 0.25, GOOD_LIMIT = 25;

/**
 * The next point of a tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl 2011, "Algorithms for
 * hyper-parameter optimization"): of candidates from the density l of the good points, the one of largest l / g,
 * each dimension for itself. The uniform prior is one component of either mixture.
 */
export function tpePoint(
  judged: readonly Judged[],
  { key, dimensions }: { key: Key; dimensions: readonly Dimension[] },
): number[] {
  if (judged.length < START) return dimensions.map((d) => uniforms(fold(key, d.keys[0]), 1)[0]);
  const sorted = judged.toSorted((a, b) => a.loss - b.loss);
  const split = Math.max(1, Math.min(GOOD_LIMIT, Math.ceil(GOOD * Math.sqrt(judged.length))));
  return dimensions.map(({ keys: [name], choices }, i) => {
    const nameKey = fold(key, name);
    const good = sorted.slice(0, split).map(({ point }) => point[i]);
    const rest = sorted.slice(split).map(({ point }) => point[i]);
    const mixture = choices
      ? (points: readonly number[]) => categorical(points, choices.length)
      : (points: readonly number[]) => parzen(points);
    return bestOf(mixture(good), { other: mixture(rest), key: nameKey });
  });
}

/** A density on [0, 1), and a draw from it. */
interface Mixture {
  draw(key: Key): number;
  density(u: number): number;
}

function bestOf(good: Mixture, { other, key }: { other: Mixture; key: Key }): number {
  const candidates = Array.from({ length: CANDIDATES }, (_, c) => good.draw(fold(key, c)));
  const gain = (u: number) => good.density(u) / other.density(u);
  return candidates.reduce((best, u) => gain(u) > gain(best) ? u : best);
}

/** Counts plus one for each choice. */
function categorical(points: readonly number[], n: number): Mixture {
  const weights = new Array(n).fill(1);
  for (const u of points) weights[choiceAt(u, n)]++;
  const total = points.length + n;
  return {
    density: (u) => n * weights[choiceAt(u, n)] / total,
    draw(key) {
      let left = uniforms(key, 1)[0] * total;
      const choice = weights.findIndex((w) => (left -= w) < 0);
      return ((choice < 0 ? n - 1 : choice) + 0.5) / n;
    },
  };
}

/** Normals at the points, cut to the interval, as wide as the farther neighbour is away, and the uniform prior. */
function parzen(points: readonly number[]): Mixture {
  const sorted = [0, ...points.toSorted((a, b) => a - b), 1];
  const narrow = 1 / Math.min(100, points.length + 2);
  const kernels = sorted.slice(1, -1).map((center, i) => {
    const wide = Math.max(center - sorted[i], sorted[i + 2] - center);
    return { center, width: Math.min(1, Math.max(narrow, wide)) };
  });
  const weight = 1 / (kernels.length + 1);
  return {
    density: (u) =>
      kernels.reduce((sum, { center, width }) => sum + weight * cutNormal(u, { center, width }), weight),
    draw(key) {
      const pick = Math.floor(uniforms(fold(key, "kernel"), 1)[0] / weight);
      const kernel = kernels[pick];
      if (!kernel) return uniforms(fold(key, "prior"), 1)[0];
      // A centre lies inside, so that a draw is inside at least about every other time.
      for (const z of normals64(fold(key, "normal"), 64)) {
        const u = kernel.center + kernel.width * z;
        if (u >= 0 && u < 1) return u;
      }
      return kernel.center;
    },
  };
}

/** Density at u of a normal that is cut to [0, 1]. */
function cutNormal(u: number, { center, width }: { center: number; width: number }): number {
  const inside = normalCdf((1 - center) / width) - normalCdf(-center / width);
  return Math.exp(-0.5 * ((u - center) / width) ** 2) / (width * Math.sqrt(2 * Math.PI) * inside);
}
