import { join } from "node:path";
import type { RunFlags } from "../contracts/flags.ts";
import type { Commands } from "./main.ts";
import type { SlurmLaunch } from "../contracts/spec.ts";
import { submitShards } from "../launch/shards.ts";
import { metricOutputs } from "../metrics/mod.ts";
import { writeReport } from "../report/mod.ts";
import { frozenText, type LoadedSpec, loadSpec } from "../spec/mod.ts";
import type { Terminal } from "../base/terminal.ts";
import { UsageError } from "../base/usage.ts";
import { stringify } from "@std/yaml";
import { compareRuns } from "../results/compare.ts";
import { type Progress, terminalProgress } from "../base/progress.ts";
import { newFolder, runName } from "../store/new_folder.ts";
import { regressionSpecs } from "../results/regress.ts";
import { outcomesText, regress, type RunSpec } from "./regress_command.ts";
import { machineResources } from "./resources.ts";
import { cacheCommands } from "./cache_commands.ts";
import type { Composition } from "../run/experiment.ts";
import { listResults } from "../results/list.ts";
import { findRuns, readRecord } from "../results/record.ts";
import { runAhead, runExperiment, type RunOutcome } from "../run/run.ts";
import { sweepCommand } from "../sweep/command.ts";

/** Exit codes: a run failed, a gate failed, a metric moved. */
const RUN_FAILED = 1, GATE_FAILED = 3, REGRESSION = 4;

const RESULTS_FOLDER = "results";

const REGRESSION_FOLDER = "tests/regression";

/** Leaves a run to Slurm, with its simulation before it in shards. */
async function submitRun(
  loaded: LoadedSpec,
  flags: RunFlags & { shards: number; terminal: Terminal },
): Promise<number> {
  const { launch, name } = loaded.spec;
  const out = flags.out ?? await newFolder(join("results", name), runName(loaded));
  const settings = launch as SlurmLaunch, { shards, engine, terminal } = flags;
  const { simulate, run } = await submitShards(loaded, { shards, settings, engine, out });
  terminal.print(
    `Job ${simulate} simulates in ${shards} parts, job ${run} waits for them and runs into ${out}.`,
  );
  return 0;
}

/** A regression run speaks through its table alone. */
const SILENT: Progress = { update: () => {}, say: () => {} };

/** The work behind the commands. */
export function commandsFor(composition: Composition, { terminal }: { terminal: Terminal }): Commands {
  const { registry } = composition;
  const inputsOf = (
    loaded: LoadedSpec,
    flags: RunFlags,
    progress: Progress = terminalProgress({ terminal, ...flags }),
  ) => ({
    ...flags,
    ...composition,
    specFolder: loaded.folder,
    files: loaded.files,
    progress,
  });
  const run = (
    loaded: LoadedSpec,
    flags: RunFlags,
    progress?: Progress,
  ): Promise<RunOutcome> =>
    runExperiment(loaded.spec, {
      ...inputsOf(loaded, flags, progress),
      frozen: (folder) => frozenText(loaded, { folder }),
      resolvedText: stringify(loaded.spec),
      hash: loaded.hash,
    });
  return {
    async run(loaded, flags) {
      if (flags.shards !== undefined) {
        return await submitRun(loaded, { ...flags, shards: flags.shards, terminal });
      }
      if (flags.ahead) {
        await runAhead(loaded.spec, inputsOf(loaded, flags), flags.ahead);
        return 0;
      }
      const { summary } = await run(loaded, flags);
      return summary.gates.every((gate) => gate.passed) ? 0 : GATE_FAILED;
    },
    sweep: (loaded, flags) => sweepCommand(loaded, { flags, registry, terminal }),
    cache: cacheCommands(composition, { terminal }),
    async report(folder) {
      await saidOfFolder(folder, terminal);
      const { path, figures } = await writeReport(folder);
      terminal.print(`${path}\n${figures.length} figures in ${join(folder, "figures")}`);
      return 0;
    },
    async results(filters, flags) {
      const metrics = metricOutputs(registry), { say } = terminal;
      terminal.print(await listResults({ root: RESULTS_FOLDER, filters, metrics, say }, flags));
      return 0;
    },
    async compare(folders, flags) {
      terminal.print(await compareRuns(folders, { ...flags, pages: RESULTS_FOLDER }));
      return 0;
    },
    async regress(names, { update, json, signal }) {
      const specs = await regressionSpecs(REGRESSION_FOLDER, names);
      const runSpec: RunSpec = async (path, engine) => {
        await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
        const out = await Deno.makeTempDir({ dir: RESULTS_FOLDER, prefix: ".regress-" });
        try {
          const flags = { engine, resources: machineResources(), quiet: true, signal, out };
          return (await run(await loadSpec(path, { registry }), flags, SILENT)).summary;
        } finally {
          await Deno.remove(out, { recursive: true });
        }
      };
      const outcomes = await regress(specs, { run: runSpec, update, say: terminal.say, signal });
      terminal.print(outcomesText(outcomes, { json }));
      if (outcomes.some(({ error }) => error !== undefined)) return RUN_FAILED;
      return !update && outcomes.some(({ moved }) => moved.length > 0) ? REGRESSION : 0;
    },
  };
}

/** Refuses what is no run folder, and says of an unfinished run that its report is of what is there. */
async function saidOfFolder(folder: string, { say }: Terminal): Promise<void> {
  const [run] = await findRuns(folder);
  if (run !== ".") throw new UsageError(`${folder} is no run folder: it has no manifest.json.`);
  const { status } = await readRecord(folder, ".");
  if (status !== "complete") {
    say(`The run in ${folder} is not complete (${status}): the report shows what it has recorded.`);
  }
}
