import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import type { Space, Vector } from "../../core/contracts/vector.ts";
import { fold, normals64, uniforms } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { mixtureDensity } from "./mixture.ts";
import { checkFree, lengthRemarks, mutedRemarks, perComponent } from "./per_component.ts";
import { sizeOf } from "../../core/base/shape.ts";

const component = z.strictObject({
  weight: about(z.number().positive(), "relative weight").default(1),
  mean: about(z.array(z.number()).min(1), "one number per unknown"),
  variance: about(z.number().positive(), "isotropic").default(1),
});

const schema = z.strictObject({ components: z.array(component).min(1) });

/** A mixture of isotropic normals. */
export const gaussianMixture = plugin({
  slot: "prior",
  kind: "gaussian-mixture",
  about: "mixture of isotropic normals, exact samples and log density",
  schema,
  density: true,
  preflight({ components }, { operator }) {
    const means = components.map(({ mean }, i) => [["components", i, "mean"], mean] as const);
    return [...mutedRemarks("gaussian-mixture", operator), ...lengthRemarks(means, operator)];
  },
  build({ components }, { domain, mask }) {
    checkFree("gaussian-mixture", mask);
    return mixturePrior(domain, components);
  },
});

/** `sum_c w_c N(mean_c, variance_c I)`, weights normalised. */
function mixturePrior(domain: Space, components: z.output<typeof schema>["components"]): Prior {
  const d = sizeOf(domain);
  for (const { mean } of components) perComponent(mean, { domain, option: "components.mean" });
  const total = components.reduce((sum, c) => sum + c.weight, 0);
  const densities = components.map(({ weight, mean, variance }) => ({
    weight,
    logDensity: (x: Vector) => {
      const square = mean.reduce((sum, m, i) => sum + (x[i] - m) ** 2, 0);
      return -0.5 * (square / variance + d * Math.log(2 * Math.PI * variance));
    },
    score: (x: Vector) => Float64Array.from(mean, (m, i) => (m - x[i]) / variance),
  }));
  return {
    space: domain,
    sample(key, n) {
      const out = new Float32Array(n * d);
      for (let k = 0; k < n; k++) {
        const ofDraw = fold(key, k), e = normals64(fold(ofDraw, "normal"), d);
        let left = uniforms(fold(ofDraw, "component"), 1)[0] * total;
        const chosen = components.find((c) => (left -= c.weight) < 0) ?? components[components.length - 1];
        out.set(e.map((v, i) => chosen.mean[i] + Math.sqrt(chosen.variance) * v), k * d);
      }
      return Promise.resolve(out);
    },
    ...mixtureDensity(densities),
  };
}
