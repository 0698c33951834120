import type { OperatorCost, Resources, WavefieldPlan } from "../contracts/cost.ts";
import type { OperatorShapes, Plugin } from "../contracts/plugin.ts";
import type { CorrectionSpec, Declaration } from "../contracts/spec.ts";
import { HELD_LATENTS } from "../inference/correct.ts";
import { heldOutOf } from "../inference/encodings.ts";
import { sizeOf } from "../linalg/mod.ts";
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

/** Wave-equation solves, backgrounds among them, and time with what else there is to do. */
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

/** An operator's cost and shapes, and what becomes of its wavefields on this machine. */
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

/** Solves that are spread over the cores, or of one source after another. */
export function solving(
  solves: number,
  { cellSteps, cores, sources }: PricedOperator,
  { spread = true }: { spread?: boolean } = {},
): Price {
  const lanes = spread ? Math.min(cores, sources) : 1;
  return { solves, seconds: solves * cellSteps / CORE_SPEED.cellSteps / lanes };
}

/** `count` applications of J or J^T to all sources, with their backgrounds where these are not kept. */
export function applying(count: number, operator: PricedOperator): Price {
  const { assembly, sources } = operator;
  if (!assembly?.instead) return solving(count * sources * (keepsBackgrounds(operator) ? 1 : 2), operator);
  return { solves: 0, seconds: 2 * count * assembly.cells * assembly.kept / CORE_SPEED.products };
}

/** Making J an explicit matrix. */
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

/** The backgrounds of all single shots where they are solved once and kept. */
export function backgrounds(operator: PricedOperator): Price {
  return keepsBackgrounds(operator) && !operator.assembly?.instead
    ? solving(operator.sources, operator)
    : FREE;
}

/**
 * One correction: J and J^T of every latent, J of held out sources, backgrounds of what it fires, one encoded source
 * after another; and its latents.
 */
export function correcting(
  { samples, encoding, holdout, passes, budget = Infinity }: Pick<
    CorrectionSpec,
    "samples" | "encoding" | "holdout" | "passes" | "budget"
  >,
  { steps, operator }: { steps: number; operator: PricedOperator },
): { price: Price; latents: number } {
  const kept = keepsBackgrounds(operator), own = Math.min(steps, operator.sources);
  // Fresh encodings never come back, and push out the single shots, which are needed again.
  const backgrounds = encoding === "gaussian-fresh"
    ? steps + (kept ? own : 0)
    : !kept
    ? steps
    : encoding === "shots"
    ? 0
    : own;
  const held = steps > 0 ? heldOutOf(operator.sources, holdout) * HELD_LATENTS * (1 + passes) : 0;
  const solves = 2 * samples * steps + held + backgrounds, part = Math.min(1, budget / solves);
  return {
    price: solving(Math.round(part * solves), operator, { spread: false }),
    latents: Math.round(part * samples * steps),
  };
}

/** Whether something is named for the first time. */
export function newcomers(): (...name: unknown[]) => boolean {
  const known = new Set<string>();
  return (...name) => {
    const id = canonicalJson(name), first = !known.has(id);
    known.add(id);
    return first;
  };
}

export function product(shape: readonly number[]): number {
  return sizeOf({ shape });
}
