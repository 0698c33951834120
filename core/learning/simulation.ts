import type { SummaryCost } from "../contracts/cost.ts";
import type { Declaration, LearningSpec, Spec } from "../contracts/spec.ts";
import { drawUnknowns, type Pairs, simulatePairs } from "../inference/simulate.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import { imagesOf } from "../problem/gaussian_service.ts";
import { type Problems, simulateKey } from "../problem/problems.ts";
import type { Registry } from "../registry/registry.ts";

/** Number of pairs of a shard: for data that take wave equations, and for all others. */
const WAVE_PAIRS = 48, QUICK_PAIRS = 1024;

export interface Simulation {
  /** Shards of the training pairs, in their order. */
  readonly shards: readonly Node<Pairs>[];
  readonly pairs: Node<Pairs>;
}

/** The training pairs of the nominal problem, in shards. Each shard is simulated and stored separately. */
export function simulation(spec: LearningSpec, problems: Problems, context: RunContext): Simulation {
  const { prior, operator, noise, summary, seed, training: { pairs: n } } = spec;
  const common = { prior, operator, noise, summary, seed, ...gaussianReads(spec, context.registry) };
  const step = takesWaves(operator, context.registry) ? WAVE_PAIRS : QUICK_PAIRS, key = simulateKey(context);
  let unknowns: Promise<Float32Array> | undefined;
  const shards = Array.from({ length: Math.ceil(n / step) }, (_, k) => {
    const from = k * step, to = Math.min(n, from + step), parts = { reads: { ...common, from, to } };
    return context.graph.node("simulate", { ...parts, upstream: [problems.reference] }, async () => {
      const { problem } = await problems.nominal();
      unknowns ??= drawUnknowns(problem, { key, n });
      return await simulatePairs(problem, {
        key,
        from,
        n: to - from,
        unknowns: await unknowns,
        signal: context.signal,
        progress: (done) => context.progress.update("simulate pairs", { done: from + done, total: n }),
      });
    });
  });
  const pairs = context.graph.node("pairs", { upstream: shards }, () => joined(shards));
  return { shards, pairs };
}

/** Part `index` of `count` equal parts, counted from 1: every `count`-th shard. */
export function shardsOf<T>(shards: readonly T[], { index, count }: { index: number; count: number }): T[] {
  return shards.filter((_, k) => k % count === index - 1);
}

/**
 * What a Gaussian summary depends on in addition to its problem: the training images that its prior is learned from.
 */
export function gaussianReads({ prior, operator, summary, training }: Spec, registry: Registry) {
  const { kind, ...options } = summary;
  const cost = registry.get("summary", kind).cost?.(options) as SummaryCost | undefined;
  return cost?.gaussian ? { images: imagesOf({ prior, operator, training }) } : {};
}

function takesWaves({ kind, ...options }: Declaration, registry: Registry): boolean {
  return registry.get("operator", kind).cost?.(options) !== undefined;
}

async function joined(shards: readonly Node<Pairs>[]): Promise<Pairs> {
  const parts: Pairs[] = [];
  for (const shard of shards) parts.push(await shard.get());
  const join = (name: "x" | "signal" | "noise") => {
    const out = new Float32Array(parts.reduce((sum, part) => sum + part[name].length, 0));
    let at = 0;
    for (const part of parts) {
      out.set(part[name], at);
      at += part[name].length;
    }
    return out;
  };
  const n = parts.reduce((sum, part) => sum + part.n, 0);
  return { n, x: join("x"), signal: join("signal"), noise: join("noise") };
}
