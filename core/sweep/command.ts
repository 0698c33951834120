import { join } from "node:path";
import type { SweepFlags } from "../contracts/flags.ts";
import type { LaunchSpec, SweepSpec } from "../contracts/spec.ts";
import type { Launcher } from "../launch/launcher.ts";
import { localLauncher } from "../launch/local.ts";
import { isAlive, slurmLauncher, submittedOf } from "../launch/slurm.ts";
import { slurmClient } from "../launch/slurm_client.ts";
import { type LoadedSpec, SpecError, specLoader } from "../spec/mod.ts";
import type { Terminal } from "../base/terminal.ts";
import { canonicalJson, writeAtomic } from "../base/files.ts";
import { metricOutputs } from "../metrics/mod.ts";
import type { Registry } from "../registry/registry.ts";
import { type MetricFormat, metricFormat } from "../report/metric_format.ts";
import { openSweepFolder, outcomeOf, readRecords, type SweepFolder } from "./folder.ts";
import { plannerOf } from "./planner.ts";
import { recordsOf, type TrialRecord } from "./records.ts";
import { runSweep } from "./sweep.ts";
import { sweepLine, sweepTable } from "./table.ts";
import { frozenSweep, trialIssues, trialLoader } from "./trial_specs.ts";
import { sweepView } from "./view.ts";

/** A sweep about to run: its spec, its folder, and what its trials are made from. */
interface Sweep {
  readonly loaded: LoadedSpec;
  readonly sweep: SweepSpec;
  readonly launch: LaunchSpec;
  readonly path: string;
  readonly flags: SweepFlags;
  readonly registry: Registry;
  /** How metrics are shown. */
  readonly format: MetricFormat;
  readonly terminal: Terminal;
}

const LOCAL: LaunchSpec = { kind: "local", jobs: 1 };

/** `deno task sweep`: runs, continues or reports on a sweep. The exit code is 1 if trials failed. */
export async function sweepCommand(
  loaded: LoadedSpec,
  { flags, registry, terminal }: { flags: SweepFlags; registry: Registry; terminal: Terminal },
): Promise<number> {
  const { name, sweep, launch = LOCAL } = loaded.spec;
  const path = flags.out ?? join("results", name, `sweep-${loaded.hash}`);
  const format = metricFormat(metricOutputs(registry));
  const all: Sweep = { loaded, sweep: sweep!, launch, path, flags, registry, format, terminal };
  if (flags.status) return await status(all);
  if (flags.cancel) return await cancel(all);
  return await withFolder(all, (folder) => flags.collect ? collect(all, folder) : start(all, folder));
}

/**
 * Plans and checks everything before the folder exists, so that a spec that must fail leaves nothing. A folder that is
 * there is read once it is this process's own.
 */
async function withFolder(all: Sweep, work: (folder: SweepFolder) => Promise<number>): Promise<number> {
  const issues = await trialIssues(all.loaded, { registry: all.registry });
  if (issues.length > 0) throw new SpecError(issues);
  const folder = await openSweepFolder(all.path);
  try {
    await checkSpace(all);
    await writeAtomic(
      join(all.path, "sweep.yaml"),
      frozenSweep(all.loaded, { folder: all.path, without: ["launch"] }),
    );
    return await work(folder);
  } finally {
    await folder.close();
  }
}

async function start(all: Sweep, folder: SweepFolder): Promise<number> {
  const { sweep, flags: { quiet, signal }, path, loaded, format, terminal } = all;
  const planner = plannerOf(sweep, loaded.spec), launcher = launcherOf(all, folder);
  const view = sweepView(sweep, { total: planner.total, format, quiet, terminal });
  terminal.say(`${loaded.spec.name}: ${sweep.method}, ${planner.total ?? sweep.trials} trials in ${path}`);
  const run = {
    folder,
    sweep,
    planner,
    launcher,
    view,
    signal,
    load: trialLoader(loaded, { registry: all.registry, folder: path }),
  };
  try {
    return verdict(await runSweep(run), all);
  } catch (error) {
    if (signal.aborted && launcher.detached) {
      terminal.say("Jobs that were submitted go on: the same command waits for them, --cancel ends them.");
    }
    throw error;
  }
}

function verdict(records: readonly TrialRecord[], { sweep, format, terminal }: Sweep): number {
  terminal.print(sweepTable(records, { sweep, format }));
  const failed = records.filter(({ state }) => state === "failed");
  for (const { id, reason } of failed) terminal.say(`${id} failed: ${reason}`);
  return failed.length > 0 ? 1 : 0;
}

function launcherOf({ launch, path, flags, sweep, loaded }: Sweep, folder: SweepFolder): Launcher {
  const { engine, resources, signal } = flags;
  if (launch.kind === "local") return localLauncher(path, { jobs: launch.jobs, resources, engine, signal });
  // A guided method learns from what has ended; others are known to the last trial, and make one array.
  const guided = sweep.method === "tpe" || sweep.method === "asha";
  return slurmLauncher(path, {
    name: loaded.spec.name,
    settings: launch,
    engine,
    signal,
    detach: flags.detach,
    slots: guided ? launch.concurrency : Infinity,
    submitted: submittedOf(folder.events),
    onSubmit: (job, ids) => folder.append({ event: "submitted", job, ids }),
  });
}

/** A folder goes with one spec, and with one space unless it is to be extended. */
async function checkSpace({ loaded, sweep, path, flags, registry }: Sweep): Promise<void> {
  const file = join(path, "sweep.yaml"), text = await Deno.readTextFile(file).catch(() => undefined);
  if (text === undefined) return;
  const refuse = (message: string) =>
    new SpecError([loaded.locate({ path: ["sweep"], onKey: true, message })]);
  const there = await specLoader(registry)(file, { text });
  if (there.hash !== loaded.hash) {
    throw refuse(`is of another spec than the sweep in ${path}: name another --out`);
  }
  const changed = changesOf(there.spec.sweep!, sweep);
  if (changed.length === 0) return;
  const what = `differs from the sweep in ${path} in ${changed.join(", ")}`;
  if (!flags.extend) throw refuse(`${what}: undo that, or add --extend to go on with the changed space`);
  const guided = sweep.method === "tpe" || sweep.method === "asha";
  const fixed = changed.filter((key) => key !== "trials");
  if ((guided || there.spec.sweep!.method !== sweep.method) && fixed.length > 0) {
    throw refuse(`${what}: ${sweep.method} can be extended by trials alone; name another --out`);
  }
}

/** The parts of a sweep that decide on its trials, where two sweeps differ. */
function changesOf(there: SweepSpec, here: SweepSpec): string[] {
  const parts = ["method", "axes", "zip", "seeds", "trials", "metric", "direction", "resource"] as const;
  return parts.filter((key) => canonicalJson(there[key] ?? null) !== canonicalJson(here[key] ?? null));
}

/** Notes what has ended since, without starting anything. */
async function collect(all: Sweep, folder: SweepFolder): Promise<number> {
  for (const event of await news(all.path, { records: recordsOf(folder.events), sweep: all.sweep })) {
    folder.append(event);
  }
  const records = recordsOf(folder.events), { total } = plannerOf(all.sweep, all.loaded.spec);
  all.terminal.say(sweepLine(records, { sweep: all.sweep, total }));
  return verdict(records, all);
}

/** The outcomes, from their files, of trials that the log lists as running. */
async function news(
  path: string,
  { records, sweep }: { records: readonly TrialRecord[]; sweep: SweepSpec },
) {
  const open = records.filter(({ state }) => state === "open");
  const outcomes = await Promise.all(open.map(({ id }) => outcomeOf(path, { id, sweep })));
  return outcomes.filter((outcome) => outcome !== undefined);
}

/** Counts and the table: the files are asked first, then the queue about what is left. */
async function status({ path, sweep, loaded, format, terminal }: Sweep): Promise<number> {
  const { records: logged, events } = await readRecords(path);
  const records = recordsOf([...events, ...await news(path, { records: logged, sweep })]);
  const open = records.filter(({ state }) => state === "open"), elements = submittedOf(events);
  terminal.print(sweepTable(records, { sweep, format }));
  terminal.print(sweepLine(records, { sweep, total: plannerOf(sweep, loaded.spec).total }));
  const states = elements.size > 0 && open.length > 0
    ? await slurmClient().states()
    : new Map<string, string>();
  for (const { id } of open) {
    const element = elements.get(id), job = element && `${element.job}_${element.index}`;
    terminal.print(
      `${id}  ${job ? `job ${job} ${states.get(job) ?? "is not in the queue"}` : "runs, or was left"}`,
    );
  }
  return 0;
}

/** Ends what a sweep has in the queue. */
async function cancel({ path, terminal }: Sweep): Promise<number> {
  const { records, events } = await readRecords(path), client = slurmClient();
  const elements = submittedOf(events);
  if (elements.size === 0) {
    terminal.print(`The sweep in ${path} has no jobs in a queue: Ctrl-C ends one that runs on this machine.`);
    return 0;
  }
  const states = await client.states();
  const alive = records.map(({ id }) => elements.get(id)).filter((element) => isAlive(element, states));
  await client.cancel(alive.map((element) => `${element!.job}_${element!.index}`));
  terminal.print(`${alive.length} jobs cancelled: the same sweep without --cancel runs what is missing.`);
  return 0;
}
