import type { SummaryCost } from "../contracts/cost.ts";
import type { Spec } from "../contracts/spec.ts";
import type { TradeoffPoint } from "../contracts/summary.ts";
import { baselineApplications } from "../plan/effort.ts";
import type { Registry } from "../registry/registry.ts";

/** Metrics of the correction while it is fitted. */
export const TRADEOFF_METRICS: readonly string[] = ["snr", "coverage", "crps"];

/** Solves per observation of each method except the correction, for a survey with `sources` sources. */
export function methodSolves(
  { summary: { kind, ...options } }: Spec,
  { registry, sources, unknowns }: { registry: Registry; sources: number; unknowns: number },
): Record<string, number> {
  const summary = registry.get("summary", kind).cost?.(options) as SummaryCost | undefined;
  const amortized = summary?.solves ?? 0;
  const applications = { migration: amortized, amortized, ...baselineApplications({ unknowns, sources }) };
  return Object.fromEntries(Object.entries(applications).map(([method, n]) => [method, n * sources]));
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
