import { z } from "zod";
import { type Plugin, plugin } from "../../core/contracts/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import { sizeOf } from "../../core/linalg/mod.ts";
import { fold, type Key, uniforms } from "../../core/random.ts";
import { about } from "../../core/units.ts";

/**
 * Draws of several priors, each as often as its weight says: what a flow has met in training decides where it can be
 * trusted, and generated geology widens what images of one survey show.
 */
export function priorMixture(priors: readonly Plugin<"prior">[]): Plugin<"prior"> {
  const kinds = priors.map(({ kind, schema, about }) =>
    schema.safeExtend({ kind: z.literal(kind) }).describe(about)
  );
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
    async build({ parts }, context) {
      const built: { weight: number; prior: Prior }[] = [];
      for (const { weight, prior } of parts) {
        const { kind, ...options } = prior as { kind: string };
        built.push({ weight, prior: await priors.find((one) => one.kind === kind)!.build(options, context) });
      }
      return mixtureOf(built);
    },
  });
}

/** Draw i is of a part that (key, i) chooses, the next one of that part's own draws; it does not depend on n. */
export function mixtureOf(parts: readonly { readonly weight: number; readonly prior: Prior }[]): Prior {
  const { space } = parts[0].prior, size = sizeOf(space);
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return {
    space,
    async sample(key: Key, n: number) {
      const chosen = Array.from(uniforms(fold(key, "part"), n), (u) => partAt(parts, u * total));
      const out = new Float32Array(n * size);
      for (const [p, { prior }] of parts.entries()) {
        const rows = chosen.flatMap((own, i) => own === p ? [i] : []);
        const draws = await prior.sample(fold(fold(key, "draws"), p), rows.length);
        rows.forEach((i, k) => out.set(draws.subarray(k * size, (k + 1) * size), i * size));
      }
      return out;
    },
  };
}

/** The part that `u`, from 0 to the sum of the weights, falls into. */
function partAt(parts: readonly { readonly weight: number }[], u: number): number {
  let end = 0;
  return Math.max(0, parts.findIndex(({ weight }) => u < (end += weight)));
}
