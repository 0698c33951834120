import type { RunRecord } from "./record.ts";

/** A cell: null where a run has no such value. */
export type Cell = string | number | null;

export type Row = Readonly<Record<string, Cell>>;

/** What every run has, in order. */
export const RUN_COLUMNS = ["name", "time", "status", "hash", "engine", "seconds", "seed", "git", "folder"];

/** One row a run and scenario, one column a `method.metric`, its `.error`, and a `spec.` setting. */
export function wideRows(records: readonly RunRecord[]): Row[] {
  return records.flatMap((record): Row[] => {
    const settings = Object.entries(record.settings).map(([path, value]): [string, Cell] => [
      `spec.${path}`,
      typeof value === "boolean" ? String(value) : value,
    ]);
    const head = { ...runCells(record) }, tail = Object.fromEntries(settings);
    if (record.scenarios.length === 0) return [{ ...head, scenario: null, ...tail }];
    return record.scenarios.map(({ name, observations, cost }) => {
      const metricsHere = record.metrics.filter(({ scenario }) => scenario === name);
      const metrics = metricsHere.flatMap(({ method, metric, value, error }): [string, Cell][] => [
        [`${method}.${metric}`, value],
        [`${method}.${metric}.error`, error],
      ]);
      const costs = Object.entries(cost ?? {}).map(([key, value]): [string, Cell] => [`cost.${key}`, value]);
      return {
        ...head,
        scenario: name,
        observations,
        ...Object.fromEntries([...metrics, ...costs]),
        ...tail,
      };
    });
  });
}

/** Tidy: one row a run, scenario, method and metric. `keep` says which `run/scenario` pairs are listed. */
export function longRows(
  records: readonly RunRecord[],
  keep: (folder: string, scenario: string) => boolean,
): Row[] {
  return records.flatMap((record) =>
    record.metrics.filter(({ scenario }) => keep(record.folder, scenario)).map((metric) => ({
      ...runCells(record),
      ...metric,
    }))
  );
}

function runCells(record: RunRecord): Row {
  return Object.fromEntries(RUN_COLUMNS.map((name) => [name, record[name as "name"] as Cell]));
}

/** Every column that some row has, in the order of their first mention. */
export function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}
