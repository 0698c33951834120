import { join } from "node:path";
import type { Commands, RunFlags } from "../cli.ts";
import type { SlurmLaunch } from "../contracts/spec.ts";
import { submitShards } from "../launch/shards.ts";
import { writeReport } from "../report/mod.ts";
import { frozenText, type LoadedSpec, loadSpec } from "../spec/mod.ts";
import { stringify } from "@std/yaml";
import { compareRuns } from "./compare.ts";
import { type Progress, terminalProgress } from "./progress.ts";
import {
  flatMetrics,
  movedMetrics,
  movedTable,
  readExpected,
  regressionSpecs,
  writeExpected,
} from "./regress.ts";
import { machineResources } from "./resources.ts";
import { cacheCommands } from "./cache_commands.ts";
import type { Composition } from "./experiment.ts";
import { runAhead, runExperiment, type RunOutcome } from "./run.ts";
import { sweepCommand } from "./sweep/command.ts";

/** Exit codes that are not errors of the program: a gate failed, a metric moved. */
const GATE_FAILED = 3, REGRESSION = 4;

const REGRESSION_FOLDER = "tests/regression";

/** Leaves a run to Slurm, with its simulation before it in shards. */
async function submitRun(loaded: LoadedSpec, flags: RunFlags & { shards: number }): Promise<number> {
  const { launch, name } = loaded.spec,
    stamp = new Date().toISOString().replace(/[-:]/g, "").slice(0, 15) + "Z";
  const out = flags.out ?? join("results", name, `${stamp}-${loaded.hash}`);
  const settings = launch as SlurmLaunch, { shards, engine } = flags;
  const { simulate, run } = await submitShards(loaded, { shards, settings, engine, out });
  console.log(
    `Job ${simulate} simulates in ${shards} parts, job ${run} waits for them and runs into ${out}.`,
  );
  return 0;
}

/** A regression run speaks through its table alone. */
const SILENT: Progress = { update: () => {}, say: () => {} };

/** The work behind the commands. */
export function commandsFor(composition: Composition): Commands {
  const { registry } = composition;
  const inputsOf = (loaded: LoadedSpec, flags: RunFlags, progress: Progress = terminalProgress(flags)) => ({
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
      if (flags.shards !== undefined) return await submitRun(loaded, { ...flags, shards: flags.shards });
      if (flags.ahead) {
        await runAhead(loaded.spec, inputsOf(loaded, flags), flags.ahead);
        return 0;
      }
      const { summary } = await run(loaded, flags);
      return summary.gates.every((gate) => gate.passed) ? 0 : GATE_FAILED;
    },
    sweep: (loaded, flags) => sweepCommand(loaded, { flags, registry }),
    cache: cacheCommands(composition),
    async report(folder) {
      const { path, figures } = await writeReport(folder);
      console.log(`${path}\n${figures.length} figures in ${join(folder, "figures")}`);
      return 0;
    },
    async compare(folders, { json }) {
      console.log(await compareRuns(folders, { json }));
      return 0;
    },
    async regress(names, { update }) {
      const specs = await regressionSpecs(REGRESSION_FOLDER, names);
      if (!update) await Promise.all(specs.map(readExpected)); // fails before the first long run
      let moved = 0;
      for (const path of specs) {
        await Deno.mkdir("results", { recursive: true });
        const out = await Deno.makeTempDir({ dir: "results", prefix: ".regress-" });
        const signal = new AbortController().signal;
        const flags = {
          engine: "wasm",
          resources: machineResources(),
          quiet: true,
          signal,
          out,
        } as const;
        const { summary } = await run(await loadSpec(path, { registry }), flags, SILENT);
        await Deno.remove(out, { recursive: true });
        const actual = flatMetrics(summary);
        if (update) await writeExpected(path, actual);
        const changes = movedMetrics(actual, await readExpected(path));
        console.log(movedTable(path, changes));
        moved += changes.length;
      }
      return moved > 0 ? REGRESSION : 0;
    },
  };
}
