import { z } from "zod";
import type { Judgement, JudgementWith, MetricInput, MetricTraits } from "../contracts/metric.ts";
import type { Plugin } from "../contracts/plugin.ts";
import type { Vector } from "../contracts/vector.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import { plugin } from "../registry/plugin.ts";

/** A metric as its file writes it. */
interface Definition<N extends MetricInput> extends Omit<MetricTraits, "needs"> {
  readonly kind: string;
  readonly about: string;
  readonly needs?: readonly N[];
  /** Gets only judgements that have all its needs. It may leave out numbers that do not apply. */
  evaluate(judgement: JudgementWith<N>): Readonly<Record<string, number>>;
}

/** The plugin of a metric. It gives no numbers where a judgement lacks one of its needs. */
export function metric<N extends MetricInput = never>(
  { needs = [], evaluate, ...rest }: Definition<N>,
): Plugin<"metric"> {
  const whole = (judgement: Judgement): judgement is JudgementWith<N> =>
    needs.every((input) => judgement[input] !== undefined);
  return plugin({
    slot: "metric",
    schema: z.strictObject({}),
    ...rest,
    needs,
    build: () => (judgement) => whole(judgement) ? evaluate(judgement) : {},
  });
}

/** Refuses fewer samples than an estimate needs. */
export function needSamples(n: number, { least, what }: { least: number; what: string }): void {
  if (n >= least) return;
  throw new Uncomputable(`There ${n === 1 ? "is 1 sample" : `are ${n} samples`}: ${what} needs ${least}`);
}

/** Indices of the cells that count. */
export function unmasked(mask: Vector): number[] {
  return Array.from(mask.keys()).filter((i) => mask[i] !== 0);
}

/** The samples of one cell in ascending order, of flat samples [n, size]. */
export function sortedCell(samples: Vector, { cell, size }: { cell: number; size: number }): Float64Array {
  const n = samples.length / size;
  return Float64Array.from({ length: n }, (_, k) => samples[k * size + cell]).sort();
}
