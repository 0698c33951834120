import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { fold, normals64 } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { sizeOf } from "../../core/base/shape.ts";

const schema = z.strictObject({
  mean: about(z.number(), "of the first component").default(0),
  width: about(z.number().positive(), "standard deviation of the first component").default(1),
  curvature: about(z.number(), "how far a component bends with the square of the one before").default(1),
  thickness: about(z.number().positive(), "standard deviation across the bend").default(0.3),
});

/** The Rosenbrock density. */
export const rosenbrock = plugin({
  slot: "prior",
  kind: "rosenbrock",
  about: "curved banana-shaped density (Rosenbrock), exact samples and log density",
  schema,
  density: true,
  preflight(options, { operator }) {
    if (!operator) return [];
    const message = kindFault(operator.domain);
    if (message) return [{ path: ["kind"], message }];
    const { curvature } = options, d = sizeOf(operator.domain);
    if (farthest(options, d) < MOST) return [];
    const growth = `a draw three deviations off its mean grows beyond ${MOST} in ${d} components`;
    return [{
      path: ["curvature"],
      message: `is ${curvature}: ${growth}, fewer unknowns or less curvature will do`,
    }];
  },
  build(options, { domain }) {
    const fault = kindFault(domain);
    if (fault) throw new Error(`prior.kind ${fault}`);
    return rosenbrockPrior(domain, options);
  },
});

/** Values beyond are no data for a flow in single precision. */
const MOST = 1e9;

/** The largest component of a draw each of whose steps is three standard deviations long. */
function farthest({ mean, width, curvature, thickness }: z.output<typeof schema>, d: number): number {
  let x = Math.abs(mean) + 3 * width, most = x;
  for (let i = 1; i < d; i++) most = Math.max(most, x = Math.abs(curvature) * x * x + 3 * thickness);
  return most;
}

function kindFault({ kind, shape }: Space): string | undefined {
  return kind === "vector"
    ? undefined
    : `is rosenbrock, which is over vectors: the unknown is an image of ${shape.join(" x ")}`;
}

/**
 * `x_1 ~ N(mean, width^2)`, `x_{i+1} | x_i ~ N(curvature x_i^2, thickness^2)`: the Rosenbrock density as a chain of
 * conditionals, so that samples and density are exact (Pagani, Wiegand, Nadarajah 2022, "hybrid Rosenbrock").
 */
export function rosenbrockPrior(
  domain: Space,
  { mean, width, curvature, thickness }: z.output<typeof schema>,
): Prior {
  const d = sizeOf(domain);
  const centre = (x: ArrayLike<number>, i: number) => i === 0 ? mean : curvature * x[i - 1] ** 2;
  const sd = (i: number) => i === 0 ? width : thickness;
  return {
    space: domain,
    sample(key, n) {
      const out = new Float32Array(n * d);
      for (let k = 0; k < n; k++) {
        const e = normals64(fold(key, k), d), x = new Float64Array(d);
        for (let i = 0; i < d; i++) x[i] = centre(x, i) + sd(i) * e[i];
        out.set(x, k * d);
      }
      return Promise.resolve(out);
    },
    logDensity(x) {
      let sum = 0;
      for (let i = 0; i < d; i++) {
        sum -= 0.5 * ((x[i] - centre(x, i)) / sd(i)) ** 2 + Math.log(sd(i)) + 0.5 * Math.log(2 * Math.PI);
      }
      return sum;
    },
    score(x) {
      const gradient = new Float64Array(d);
      for (let i = 0; i < d; i++) {
        const pull = (centre(x, i) - x[i]) / sd(i) ** 2;
        gradient[i] += pull;
        if (i > 0) gradient[i - 1] -= 2 * curvature * x[i - 1] * pull;
      }
      return gradient;
    },
  };
}
