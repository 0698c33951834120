import { join } from "node:path";
import type { Commands, RunFlags } from "../cli.ts";
import { writeReport } from "../report/mod.ts";
import { frozenText, type LoadedSpec, loadSpec } from "../spec/mod.ts";
import { UsageError } from "../usage.ts";
import { stringify } from "@std/yaml";
import { compareRuns } from "./compare.ts";
import { type Progress, terminalProgress } from "./progress.ts";
import { regressionSpecs } from "./regress.ts";
import { outcomesText, regress, type RunSpec } from "./regress_command.ts";
import { machineResources } from "./resources.ts";
import { listResults } from "./results.ts";
import { findRuns, readRecord } from "./results_record.ts";
import { runExperiment, type RunOptions, type RunOutcome } from "./run.ts";
import { gridOf, runSweep } from "./sweep.ts";

/** Exit codes: a run failed, a gate failed, a metric moved. */
const RUN_FAILED = 1, GATE_FAILED = 3, REGRESSION = 4;

const RESULTS_FOLDER = "results";

const REGRESSION_FOLDER = "tests/regression";

/** What the composition root knows and core must not: plugins, the code behind stages, the training worker. */
export type Composition = Pick<RunOptions, "registry" | "sources" | "gradientWorker">;

/** A regression run speaks through its table alone. */
const SILENT: Progress = { update: () => {}, say: () => {} };

/** The work behind the commands. */
export function commandsFor(composition: Composition): Commands {
  const { registry } = composition;
  const run = (
    loaded: LoadedSpec,
    flags: RunFlags,
    progress: Progress = terminalProgress(flags),
  ): Promise<RunOutcome> =>
    runExperiment(loaded.spec, {
      ...flags,
      ...composition,
      specFolder: loaded.folder,
      files: loaded.files,
      frozen: (folder) => frozenText(loaded, { folder }),
      resolvedText: stringify(loaded.spec),
      hash: loaded.hash,
      progress,
    });
  return {
    async run(loaded, flags) {
      const { summary } = await run(loaded, flags);
      return summary.gates.every((gate) => gate.passed) ? 0 : GATE_FAILED;
    },
    async sweep(loaded, flags) {
      const { name, sweep } = loaded.spec;
      const stamp = new Date().toISOString().replace(/[-:]/g, "").slice(0, 15) + "Z";
      const folder = flags.out ?? join("results", name, `sweep-${stamp}-${loaded.hash}`);
      await runSweep({ name, trials: gridOf(sweep!), folder }, {
        progress: terminalProgress(flags),
        run: async ({ overrides }, out) => {
          const all = [...loaded.overrides, ...overrides];
          return await run(await loadSpec(loaded.path, { registry, overrides: all }), { ...flags, out });
        },
      });
      return 0;
    },
    async report(folder) {
      await saidOfFolder(folder);
      const { path, figures } = await writeReport(folder);
      console.log(`${path}\n${figures.length} figures in ${join(folder, "figures")}`);
      return 0;
    },
    async results(filters, flags) {
      console.log(await listResults({ root: RESULTS_FOLDER, filters, say: console.error }, flags));
      return 0;
    },
    async compare(folders, flags) {
      console.log(await compareRuns(folders, { ...flags, pages: RESULTS_FOLDER }));
      return 0;
    },
    async regress(names, { update, json, signal }) {
      const specs = await regressionSpecs(REGRESSION_FOLDER, names);
      const runSpec: RunSpec = async (path, engine) => {
        const out = await Deno.makeTempDir();
        try {
          const flags = { engine, resources: machineResources(), quiet: true, signal, out };
          return (await run(await loadSpec(path, { registry }), flags, SILENT)).summary;
        } finally {
          await Deno.remove(out, { recursive: true });
        }
      };
      const outcomes = await regress(specs, { run: runSpec, update, say: console.error, signal });
      console.log(outcomesText(outcomes, { json }));
      if (outcomes.some(({ error }) => error !== undefined)) return RUN_FAILED;
      return !update && outcomes.some(({ moved }) => moved.length > 0) ? REGRESSION : 0;
    },
  };
}

/** Refuses what is no run folder, and says of an unfinished run that its report is of what is there. */
async function saidOfFolder(folder: string): Promise<void> {
  const [run] = await findRuns(folder);
  if (run !== ".") throw new UsageError(`${folder} is no run folder: it has no manifest.json.`);
  const { status } = await readRecord(folder, ".");
  if (status !== "complete") {
    console.error(`The run in ${folder} is not complete (${status}): the report shows what it has recorded.`);
  }
}
