import type { OperatorCost, Resources, WavefieldPlan } from "../contracts/cost.ts";
import type { OperatorShapes, Plugin } from "../contracts/plugin.ts";
import type { CorrectionSpec, Declaration } from "../contracts/spec.ts";
import { HELD_LATENTS } from "../inference/correct.ts";
import { heldOutOf } from "../inference/encodings.ts";
import { canonicalJson } from "../base/files.ts";
import type { Registry } from "../registry/registry.ts";

/**
 * Rough speed of one core without a GPU, for estimates, on a 2-core x86-64 virtual machine: Born solves of 8th order on
 * kept backgrounds took 765 to 827 Mcells/s; a training step reached 12 GFLOP/s of its convolutions, products of
 * explicit matrices 3 (one vector) to 20 (eight), dense factors 15, making matrices 6.
 */
export const CORE_SPEED = {
  cellSteps: 750e6,
  flops: 12e9,
  products: 6e9,
  factors: 15e9,
  assembly: 6e9,
} as const;

/** A number of wave-equation solves, including backgrounds, and the total time in seconds. */
export interface Price {
  readonly solves: number;
  readonly seconds: number;
}

export const FREE: Price = { solves: 0, seconds: 0 };

export function sumOf(...prices: readonly Price[]): Price {
  return prices.reduce(
    (a, b) => ({ solves: a.solves + b.solves, seconds: a.seconds + b.seconds }),
    FREE,
  );
}

/** The cost and the shapes of an operator, and where its wavefields are kept on this machine. */
export type PricedOperator = OperatorCost & OperatorShapes & {
  readonly plan: WavefieldPlan;
  readonly cores: number;
};

export function pricedOperator(
  { kind, ...options }: Declaration,
  { registry, resources, specFolder }: { registry: Registry; resources: Resources; specFolder?: string },
): PricedOperator | undefined {
  const plugin = registry.get("operator", kind) as Plugin<"operator">;
  const cost = plugin.cost?.(options, { specFolder });
  const shapes = plugin.shapes?.(options, { specFolder: specFolder ?? "." });
  return cost && shapes && { ...shapes, ...cost, plan: cost.wavefields(resources), cores: resources.workers };
}

/** The cost of solves. They are spread over the cores, or run for one source after another. */
export function solving(
  solves: number,
  { cellSteps, cores, sources }: PricedOperator,
  { spread = true }: { spread?: boolean } = {},
): Price {
  const lanes = spread ? Math.min(cores, sources) : 1;
  return { solves, seconds: solves * cellSteps / CORE_SPEED.cellSteps / lanes };
}

/** The cost of `count` applications of J or J^T to all sources, including backgrounds that are not kept. */
export function applying(count: number, operator: PricedOperator): Price {
  const { assembly, sources } = operator;
  if (!assembly?.instead) return solving(count * sources * (keepsBackgrounds(operator) ? 1 : 2), operator);
  return { solves: 0, seconds: 2 * count * assembly.cells * assembly.kept / CORE_SPEED.products };
}

/** The cost of computing J as an explicit matrix. */
export function assembling(operator: PricedOperator): Price {
  const { assembly } = operator;
  if (!assembly) return FREE;
  return sumOf(
    solving(assembly.solves, operator, { spread: false }),
    { solves: 0, seconds: assembly.flops / CORE_SPEED.assembly },
  );
}

function keepsBackgrounds({ plan }: PricedOperator): boolean {
  return plan.where !== "recompute";
}

/** The cost of the backgrounds of all single shots, if they are solved once and kept. */
export function backgrounds(operator: PricedOperator): Price {
  return keepsBackgrounds(operator) && !operator.assembly?.instead
    ? solving(operator.sources, operator)
    : FREE;
}

/**
 * The cost of one correction, one encoded source after another: J and J^T of every latent, J of the held-out sources,
 * and the backgrounds of its encoded sources. Also returns the number of latents.
 */
export function correcting(
  { samples, encoding, holdout, passes, budget = Infinity }: Pick<
    CorrectionSpec,
    "samples" | "encoding" | "holdout" | "passes" | "budget"
  >,
  { steps, operator }: { steps: number; operator: PricedOperator },
): { price: Price; latents: number } {
  const keeps = keepsBackgrounds(operator), distinct = Math.min(steps, operator.sources);
  // Fresh encodings are never used again. They displace the single shots, which are used again.
  const backgrounds = encoding === "gaussian-fresh"
    ? steps + (keeps ? distinct : 0)
    : !keeps
    ? steps
    : encoding === "shots"
    ? 0
    : distinct;
  const held = steps > 0 ? heldOutOf(operator.sources, holdout) * HELD_LATENTS * (1 + passes) : 0;
  const solves = 2 * samples * steps + held + backgrounds, part = Math.min(1, budget / solves);
  return {
    price: solving(Math.round(part * solves), operator, { spread: false }),
    latents: Math.round(part * samples * steps),
  };
}

/** Returns a function that is true the first time that a name is given. */
export function newcomers(): (...name: unknown[]) => boolean {
  const seen = new Set<string>();
  return (...name) => {
    const id = canonicalJson(name), first = !seen.has(id);
    seen.add(id);
    return first;
  };
}
