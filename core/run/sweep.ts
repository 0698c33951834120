import { join } from "node:path";
import type { Spec } from "../contracts/spec.ts";
import { writeAtomic } from "./files.ts";
import type { Progress } from "./progress.ts";
import type { RunOutcome } from "./run.ts";

/** One point of a sweep: the overrides that make it. */
export interface Trial {
  readonly overrides: readonly string[];
}

export interface TrialOutcome extends Trial {
  readonly folder: string;
  readonly summary: RunOutcome["summary"];
}

/** The full grid of a spec's sweep axes, the last axis fastest. */
export function gridOf(sweep: NonNullable<Spec["sweep"]>): Trial[] {
  let trials: Trial[] = [{ overrides: [] }];
  for (const [path, values] of Object.entries(sweep)) {
    trials = trials.flatMap(({ overrides }) =>
      values.map((value) => ({ overrides: [...overrides, `${path}=${JSON.stringify(value)}`] }))
    );
  }
  return trials;
}

/** Runs the trials one after another; each finished one is a line of `sweep.jsonl`. */
export async function runSweep(
  { name, trials, folder }: { name: string; trials: readonly Trial[]; folder: string },
  { run, progress }: { run: (trial: Trial, out: string) => Promise<RunOutcome>; progress: Progress },
): Promise<TrialOutcome[]> {
  const outcomes: TrialOutcome[] = [];
  for (const [i, trial] of trials.entries()) {
    progress.say(`\ntrial ${i + 1} of ${trials.length}: ${trial.overrides.join("  ") || "as written"}`);
    const { summary } = await run(trial, join(folder, `trial-${String(i + 1).padStart(3, "0")}`));
    outcomes.push({ ...trial, folder: `trial-${String(i + 1).padStart(3, "0")}`, summary });
    const lines = outcomes.map((o) =>
      JSON.stringify({ overrides: o.overrides, folder: o.folder, scenarios: o.summary.scenarios })
    );
    await writeAtomic(join(folder, "sweep.jsonl"), lines.join("\n") + "\n");
  }
  progress.say(`\n${name}: ${trials.length} trials in ${folder}\n${sweepTable(outcomes)}`);
  return outcomes;
}

/** Mean over scenarios of the corrected posterior's SNR, its gain and 90 % coverage, and the cost, best first. */
export function sweepTable(outcomes: readonly TrialOutcome[]): string {
  const rows = outcomes.map(({ overrides, summary }) => {
    const mean = (f: (s: RunOutcome["summary"]["scenarios"][number]) => number) =>
      summary.scenarios.reduce((sum, s) => sum + f(s), 0) / summary.scenarios.length;
    return {
      settings: overrides.map((o) => o.replace(/^.*\.(?=[^.]*=)/, "")).join("  "),
      snr: mean((s) => s.corrected?.snr ?? NaN),
      gain: mean((s) => (s.corrected?.snr ?? NaN) - (s.amortized?.snr ?? NaN)),
      coverage: mean((s) => s.corrected?.coverage90 ?? NaN),
      solves: mean((s) => s.cost?.solves ?? NaN),
    };
  }).sort((a, b) => b.snr - a.snr);
  const width = Math.max(8, ...rows.map((r) => r.settings.length));
  const lines = rows.map((r) =>
    `${r.settings.padEnd(width)}  ${r.snr.toFixed(2).padStart(8)}  ${r.gain.toFixed(2).padStart(8)}  ` +
    `${r.coverage.toFixed(2).padStart(11)}  ${r.solves.toFixed(0).padStart(7)}`
  );
  return [`${"settings".padEnd(width)}    SNR dB   gain dB  coverage 90   solves`, ...lines].join("\n");
}
