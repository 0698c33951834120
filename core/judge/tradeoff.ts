import type { Spec } from "../contracts/spec.ts";
import type { TradeoffPoint } from "../contracts/summary.ts";
import type { Registry } from "../registry/registry.ts";
import { declaredMethods } from "../spec/methods.ts";

/** Metrics of the correction while it is fitted. */
export const TRADEOFF_METRICS: readonly string[] = ["snr", "coverage", "crps"];

/**
 * Solves per observation of each method that has a cost, for a survey with `sources` sources. A correction has none:
 * its solves are counted.
 */
export function methodSolves(
  spec: Spec,
  { registry, sources, unknowns }: { registry: Registry; sources: number; unknowns: number },
): Record<string, number> {
  const { kind, ...options } = spec.summary;
  const summary = registry.get("summary", kind).cost?.(options)?.solves ?? 0;
  const survey = { unknowns, sources, summary };
  return Object.fromEntries(
    declaredMethods(spec, registry).flatMap(({ plugin, options }) => {
      const cost = plugin.cost?.(options, { survey });
      return cost ? [[plugin.kind, cost.applications * sources]] : [];
    }),
  );
}

/** A judged estimate as a point of accuracy and cost. */
export function pointOf(
  row: Readonly<Record<string, number>>,
  at: Pick<TradeoffPoint, "method" | "pass" | "solves">,
): TradeoffPoint {
  return { ...at, snr: row.snr, coverage90: row.coverage90, crps: row.crps };
}

/** The means of the points of several observations. Each mean is over the observations that have the point. */
export function meanPoints(points: readonly TradeoffPoint[]): TradeoffPoint[] {
  const groups = Map.groupBy(points, ({ method, pass }) => `${method} ${pass ?? ""}`);
  return [...groups.values()].map((group) => {
    const mean = (of: (point: TradeoffPoint) => number | undefined) => {
      const values = group.flatMap((point) => of(point) ?? []);
      return values.length > 0 ? values.reduce((a, b) => a + b) / values.length : undefined;
    };
    const { method, pass } = group[0];
    return {
      method,
      pass,
      solves: mean((p) => p.solves)!,
      snr: mean((p) => p.snr),
      coverage90: mean((p) => p.coverage90),
      crps: mean((p) => p.crps),
    };
  });
}
