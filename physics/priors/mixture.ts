import { z } from "zod";
import type { Plugin, Remark } from "../../core/contracts/plugin.ts";
import { knowsDensity, plugin } from "../../core/registry/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { fold, type Key, uniforms } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";

/**
 * Draws of several priors, each as often as its weight says: what a flow has met in training decides where it can be
 * trusted, and generated geology widens what images of one survey show.
 */
export function priorMixture(priors: readonly Plugin<"prior">[]): Plugin<"prior"> {
  const kinds = priors.map(({ kind, schema, about }) =>
    schema.safeExtend({ kind: z.literal(kind) }).describe(about)
  );
  const plugins = Object.fromEntries(priors.map((one) => [one.kind, one]));
  const part = z.strictObject({
    weight: about(z.number().positive(), "Draws of this prior, in proportion to the others' weights.")
      .default(1),
    prior: z.discriminatedUnion("kind", kinds as unknown as [z.ZodObject]),
  });
  return plugin({
    slot: "prior",
    kind: "mixture",
    about: "draws of several priors, so that training meets more than one of them shows",
    schema: z.strictObject({ parts: about(z.array(part).min(2), "The priors, with their weights.") }),
    density: ({ parts }) => parts.every(({ prior }) => knowsDensity(plugins[prior.kind as string], prior)),
    async preflight({ parts }, context) {
      const remarks: Remark[] = [];
      for (const [i, { prior }] of parts.entries()) {
        const { kind, ...options } = prior as { kind: string };
        for (const { path, message } of await plugins[kind].preflight?.(options, context) ?? []) {
          remarks.push({ path: ["parts", i, "prior", ...path], message });
        }
      }
      return remarks;
    },
    async build({ parts }, context) {
      const built: { weight: number; prior: Prior }[] = [];
      for (const { weight, prior } of parts) {
        const { kind, ...options } = prior as { kind: string };
        built.push({ weight, prior: await plugins[kind].build(options, context) });
      }
      return mixtureOf(built);
    },
  });
}

/** Draw i is of a part that (key, i) chooses, the next one of that part's own draws; it does not depend on n. */
export function mixtureOf(parts: readonly { readonly weight: number; readonly prior: Prior }[]): Prior {
  const { space } = parts[0].prior, size = sizeOf(space);
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const densities = parts.flatMap(({ weight, prior: { logDensity, score } }) =>
    logDensity && score ? [{ weight, logDensity, score }] : []
  );
  return {
    space,
    ...densities.length === parts.length && mixtureDensity(densities),
    async sample(key: Key, n: number) {
      const chosen = Array.from(uniforms(fold(key, "part"), n), (u) => partAt(parts, u * total));
      const out = new Float32Array(n * size);
      for (const [p, { prior }] of parts.entries()) {
        const rows = chosen.flatMap((component, i) => component === p ? [i] : []);
        const draws = await prior.sample(fold(fold(key, "draws"), p), rows.length);
        rows.forEach((i, k) => out.set(draws.subarray(k * size, (k + 1) * size), i * size));
      }
      return out;
    },
  };
}

type Density = Required<Pick<Prior, "logDensity" | "score">>;

/** `log sum_p w_p p_p(x)`, the weights normalised, and its gradient. */
export function mixtureDensity(parts: readonly (Density & { readonly weight: number })[]): Density {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const logTerms = (x: Vector) => {
    const terms = parts.map(({ weight, logDensity }) => Math.log(weight / total) + logDensity(x));
    const top = Math.max(...terms);
    if (top === -Infinity) return { terms, all: top };
    return { terms, all: top + Math.log(terms.reduce((sum, t) => sum + Math.exp(t - top), 0)) };
  };
  return {
    logDensity: (x) => logTerms(x).all,
    score(x) {
      const { terms, all } = logTerms(x), gradient = new Float64Array(x.length);
      parts.forEach(({ score }, p) => {
        if (terms[p] === -Infinity) return;
        const share = Math.exp(terms[p] - all);
        score(x).forEach((v, i) => gradient[i] += share * v);
      });
      return gradient;
    },
  };
}

/** The part that `u`, from 0 to the sum of the weights, falls into. */
function partAt(parts: readonly { readonly weight: number }[], u: number): number {
  let end = 0;
  return Math.max(0, parts.findIndex(({ weight }) => u < (end += weight)));
}
