import type { OperatorCost, Resources, WavefieldPlan } from "../contracts/cost.ts";
import type { CorrectionSpec, Declaration } from "../contracts/spec.ts";
import { HELD_LATENTS } from "../inference/correct.ts";
import { heldOutOf } from "../inference/encodings.ts";
import type { Registry } from "./registry.ts";

/**
 * Rough speed of one core without a GPU, for estimates: Born solves of 8th order on kept backgrounds took 765 to 827
 * Mcells/s on a 2-core x86-64 virtual machine, convolutions of the wasm engine 29 to 47 GFLOP/s at best.
 */
export const CORE_SPEED = { cellSteps: 750e6, flops: 40e9 } as const;

/** An operator's cost, and what becomes of its wavefields on this machine. */
export type PricedOperator = OperatorCost & { readonly plan: WavefieldPlan };

export function pricedOperator(
  { kind, ...options }: Declaration,
  { registry, resources }: { registry: Registry; resources: Resources },
): PricedOperator | undefined {
  const cost = registry.get("operator", kind).cost?.(options) as OperatorCost | undefined;
  return cost && { ...cost, plan: cost.wavefields(resources) };
}

/** Seconds of solves that are spread over the cores, or that wait for each other. */
export function solveSeconds(
  solves: number,
  { operator, cores }: { operator: PricedOperator; cores: number },
): number {
  return solves * operator.cellSteps / CORE_SPEED.cellSteps / Math.min(cores, operator.sources);
}

export function keepsBackgrounds({ plan }: PricedOperator): boolean {
  return plan.where !== "recompute";
}

/** Solves of `count` applications of single shots, with their backgrounds where these are not kept. */
export function shots(count: number, operator: PricedOperator): number {
  if (operator.assembly?.instead) return 0;
  return count * (keepsBackgrounds(operator) ? 1 : 2);
}

/** Solves of the backgrounds of all single shots where they are solved once and kept. */
export function keptBackgrounds(operator: PricedOperator): number {
  return keepsBackgrounds(operator) && !operator.assembly?.instead ? operator.sources : 0;
}

/** Solves that a linear Gaussian posterior takes, where the operator is not assembled anyhow. */
export function posteriorSolves({ assembly }: PricedOperator): number {
  return assembly && !assembly.instead ? assembly.solves : 0;
}

/** Solves of one correction: J and J^T of every latent, J of held out sources, backgrounds of what it fires; its latents. */
export function correctionCost(
  { samples, encoding, holdout, passes, budget = Infinity }: Pick<
    CorrectionSpec,
    "samples" | "encoding" | "holdout" | "passes" | "budget"
  >,
  { steps, operator }: { steps: number; operator: PricedOperator },
): { solves: number; latents: number } {
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
  return { solves: Math.round(part * solves), latents: Math.round(part * samples * steps) };
}
