import { z } from "zod";
import type { Remark } from "../../core/contracts/plugin.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { Bounds, Prior } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { fold, uniforms } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { checkFree, lengthRemarks, mutedRemarks, perComponent } from "./per_component.ts";

const bound = (text: string) => about(z.union([z.number(), z.array(z.number()).min(1)]), text);

const schema = z.strictObject({
  lower: bound("least value of every component, or one number each"),
  upper: bound("largest value of every component, or one number each"),
});

/** A box. */
export const uniform = plugin({
  slot: "prior",
  kind: "uniform",
  about: "uniform in a box; the flow sees its components mapped to the whole real line",
  schema,
  density: true,
  preflight({ lower, upper }, { operator }) {
    const lengths = lengthRemarks([[["lower"], lower], [["upper"], upper]], operator);
    return [...mutedRemarks("uniform", operator), ...lengths, ...orderRemarks({ lower, upper })];
  },
  build({ lower, upper }, { domain, mask }) {
    checkFree("uniform", mask);
    return uniformPrior(domain, {
      lower: perComponent(lower, { domain, option: "lower" }),
      upper: perComponent(upper, { domain, option: "upper" }),
    });
  },
});

function orderRemarks({ lower, upper }: z.output<typeof schema>): Remark[] {
  const n = Math.max(...[lower, upper].map((v) => typeof v === "number" ? 1 : v.length));
  const at = (v: number | number[], i: number) => typeof v === "number" ? v : v[i];
  const wrong = Array.from({ length: n }, (_, i) => i).find((i) => at(lower, i) >= at(upper, i));
  if (wrong === undefined) return [];
  const values = `${at(lower, wrong)} to ${at(upper, wrong)}`;
  return [{ path: ["upper"], message: `component ${wrong} is in ${values}: upper must be above lower` }];
}

/** `U[lower, upper]`, component by component. */
export function uniformPrior(domain: Space, bounds: Bounds): Prior {
  const { lower, upper } = bounds, n = lower.length;
  const level = -upper.reduce((sum, v, i) => sum + Math.log(v - lower[i]), 0);
  return {
    space: domain,
    bounds,
    sample(key, count) {
      const out = new Float32Array(count * n);
      for (let k = 0; k < count; k++) {
        out.set(uniforms(fold(key, k), n).map((u, i) => lower[i] + u * (upper[i] - lower[i])), k * n);
      }
      return Promise.resolve(out);
    },
    logDensity: (x) => x.every((v, i) => v >= lower[i] && v <= upper[i]) ? level : -Infinity,
    score: () => new Float64Array(n),
  };
}
