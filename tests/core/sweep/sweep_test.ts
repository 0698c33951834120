import { assertEquals, assertStringIncludes } from "@std/assert";
import type { SweepSpec } from "../../../core/contracts/spec.ts";
import type { Launcher } from "../../../core/launch/launcher.ts";
import { openSweepFolder, readRecords } from "../../../core/sweep/folder.ts";
import { plannerOf } from "../../../core/sweep/planner.ts";
import { eventsOf, type TrialRecord } from "../../../core/sweep/records.ts";
import { runSweep } from "../../../core/sweep/sweep.ts";
import { metricFormat } from "../../../core/report/metric_format.ts";
import { sweepLine, sweepTable } from "../../../core/sweep/table.ts";
import { described } from "../metrics/by_kind.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { PLAIN, registry } from "../spec/toys.ts";

const GRID: SweepSpec = {
  method: "grid",
  axes: { "flow.depth": [1, 2, 3, 4] },
  zip: [],
  seeds: 1,
  onError: "continue",
  metric: "corrected.crps",
  direction: "min",
};

/** Launches nothing: a trial's summary is written at once, with its flow's depth as CRPS; `failing` depths fail. */
function play(path: string, { failing = [] as number[], slots = 1, launched = [] as string[] }): Launcher {
  return {
    slots,
    detached: false,
    launch: (ids) =>
      Promise.resolve(ids.map(async (id) => {
        launched.push(id);
        const { spec } = await loadSpec(`${path}/specs/${id}.yaml`, { registry });
        const crps = spec.flow!.depth as number;
        if (failing.includes(crps)) return { id, reason: "exit code 1: it diverged" };
        const summary = { seconds: 1, specHash: id, scenarios: [{ slug: "nominal", corrected: { crps } }] };
        await Deno.mkdir(`${path}/trials/${id}`);
        await Deno.writeTextFile(`${path}/trials/${id}/summary.json`, JSON.stringify(summary));
        return { id };
      })),
  };
}

async function swept(
  path: string,
  { sweep = GRID, ...how }: Parameters<typeof play>[1] & { sweep?: SweepSpec },
) {
  const folder = await openSweepFolder(path);
  try {
    return await runSweep({
      folder,
      sweep,
      planner: plannerOf(sweep, { seed: 7 }),
      launcher: play(path, how),
      view: { show: () => {} },
      signal: new AbortController().signal,
      load: (overrides) => loadSpec("spec.yaml", { registry, text: PLAIN, overrides }),
    });
  } finally {
    await folder.close();
  }
}

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  await work(path).finally(() => Deno.remove(path, { recursive: true }));
}

const states = (records: readonly TrialRecord[]) => records.map(({ state }) => state).join(" ");

Deno.test("a failed trial is noted with its reason and the others go on; a rerun runs it alone", () =>
  inFolder(async (path) => {
    const first = await swept(path, { failing: [2] });
    assertEquals(states(first), "finished failed finished finished");
    assertEquals(first[1].reason, "exit code 1: it diverged");
    const launched: string[] = [];
    const second = await swept(path, { launched });
    assertEquals([states(second), launched], ["finished finished finished finished", [first[1].id]]);
    assertEquals(second.map(({ metrics }) => metrics!["corrected.crps"]), [1, 2, 3, 4]);
  }));

Deno.test("onError: stop starts nothing more after a failure", () =>
  inFolder(async (path) => {
    const records = await swept(path, { failing: [2], sweep: { ...GRID, onError: "stop" } });
    assertEquals(states(records), "finished failed");
  }));

Deno.test("a trial's id is the hash of its resolved spec: two spellings of a value are one trial", () =>
  inFolder(async (path) => {
    const launched: string[] = [], axes = { "noise.level.snr": ["5 dB", "5.0 dB", "6 dB"] };
    const records = await swept(path, { sweep: { ...GRID, axes }, launched, slots: 3 });
    const { hash } = await loadSpec("spec.yaml", { registry, text: PLAIN });
    assertEquals([records.length, launched.length, records[0].id], [2, 2, hash]);
  }));

Deno.test("values that do not go together fail their trial where they are found on the way", () =>
  inFolder(async (path) => {
    const resource = { key: "flow.depth", min: 1, max: 3, eta: 3 };
    const sweep: SweepSpec = {
      ...GRID,
      method: "asha",
      axes: { "training.epochs": [1, 0.5] },
      trials: 4,
      resource,
    };
    const records = await swept(path, { sweep });
    assertEquals(new Set(records.map(({ state }) => state)), new Set(["finished", "failed"]));
    assertStringIncludes(records.find(({ state }) => state === "failed")!.reason!, "is 0.5");
  }));

Deno.test("the folder serves one sweep at a time, and a last line that was cut is forgotten", () =>
  inFolder(async (path) => {
    await swept(path, {});
    const log = `${path}/sweep.jsonl`, before = eventsOf(await Deno.readTextFile(log));
    await Deno.writeTextFile(log, '{"event":"fin', { append: true });
    assertEquals(eventsOf(await Deno.readTextFile(log)), before);
    const folder = await openSweepFolder(path);
    const refused = await openSweepFolder(path).catch((error) => error.message);
    assertEquals(refused, `Another process runs the sweep in ${path}: wait until it has ended, or stop it.`);
    folder.append({ event: "failed", id: (await readRecords(path)).records[0].id, reason: "late" });
    await folder.close();
    assertEquals(states((await readRecords(path)).records), "failed finished finished finished");
  }));

Deno.test("the table puts the best trial first and joins repetitions over seeds with their standard error", () => {
  const record = (id: string, overrides: string[], crps: number): TrialRecord => ({
    id,
    overrides,
    state: "finished",
    metrics: { "corrected.crps": crps },
  });
  const records = [
    record("a", ["flow.depth=1", "seed=7"], 3),
    record("b", ["flow.depth=1", "seed=8"], 5),
    record("c", ["flow.depth=2", "seed=7"], 2),
  ];
  const rows = sweepTable(records, { sweep: GRID, format: metricFormat(described()) }).split("\n").map((
    row,
  ) => row.trim().split(/ {2,}/));
  assertEquals(rows, [
    ["trial", "settings", "corrected.crps"],
    ["c", "depth=2", "2.0000"],
    ["2 trials", "depth=1", "4.0000 ± 1.0000"],
  ]);
  assertEquals(
    sweepLine([...records, { ...records[0], id: "d", state: "failed" }], { sweep: GRID, total: 9, left: 61 }),
    "3 of 9 done, 0 running, 1 failed, best corrected.crps 2.000 (depth=2), 1 min 1 s left",
  );
});
