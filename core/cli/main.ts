import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Args, parseArgs } from "@std/cli";
import type { Ahead, RunFlags, SweepFlags } from "../contracts/flags.ts";
import { type Command, commandHelp, type CommandName, COMMANDS, OPTIONS, programHelp } from "./help.ts";
import type { Resources } from "../contracts/cost.ts";
import type { Slot } from "../contracts/plugin.ts";
import type { EngineName } from "../engine/mod.ts";
import { cacheAction } from "./cache.ts";
import type { CacheCommands } from "./cache_commands.ts";
import { writeAtomic } from "../base/files.ts";
import { deniedText, placeFault } from "../base/write_permission.ts";
import { planOf } from "../plan/plan.ts";
import { createRegistry, type Registry } from "../registry/registry.ts";
import { machineResources } from "./resources.ts";
import type { ResultsFlags } from "../results/list.ts";
import { trialIssues } from "../sweep/trial_specs.ts";
import { checkText } from "./check_text.ts";
import {
  catalogue,
  catalogueText,
  didYouMean,
  inspect,
  type LoadedSpec,
  loadSpec,
  preflight,
  resolvedText,
  SCHEMA_FILE,
  schemaText,
  SpecError,
} from "../spec/mod.ts";
import { stoppable } from "../base/stop.ts";
import type { Terminal } from "../base/terminal.ts";
import { UsageError } from "../base/usage.ts";

/** The work behind the commands that compute; each gives its exit code. */
export interface Commands {
  run(spec: LoadedSpec, flags: RunFlags): Promise<number>;
  sweep(spec: LoadedSpec, flags: SweepFlags): Promise<number>;
  report(folder: string): Promise<number>;
  results(filters: readonly string[], flags: ResultsFlags): Promise<number>;
  compare(
    folders: readonly string[],
    flags: { readonly json: boolean; readonly html?: string },
  ): Promise<number>;
  regress(
    names: readonly string[],
    flags: { readonly update: boolean; readonly json: boolean; readonly signal: AbortSignal },
  ): Promise<number>;
  cache: CacheCommands;
}

export interface Host {
  readonly registry: Registry;
  readonly commands: Commands;
  readonly terminal: Terminal;
}

/** Runs one command line and gives its exit code; every failure is a sentence on stderr, never a stack trace. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  const [first, ...rest] = args, { terminal } = host;
  if (first === undefined || first === "--help" || first === "help") {
    (first === undefined ? terminal.say : terminal.print)(programHelp().trimEnd());
    return first === undefined ? 2 : 0;
  }
  try {
    if (!Object.hasOwn(COMMANDS, first)) {
      const names = Object.keys(COMMANDS);
      throw new UsageError(
        `There is no command ${first}: the commands are ${names.join(", ")}${didYouMean(first, names)}`,
      );
    }
    const name = first as CommandName, flags = readFlags(name, rest);
    if (flags.help) {
      terminal.print(commandHelp(name).trimEnd());
      return 0;
    }
    return await ACTIONS[name](flags, host);
  } catch (error) {
    const refused = error instanceof Deno.errors.NotCapable;
    terminal.clear();
    terminal.say(
      refused ? deniedText(error.message) : error instanceof Error ? error.message : String(error),
    );
    return refused || error instanceof SpecError || error instanceof UsageError ? 2 : 1;
  }
}

/** Reads what follows a command's name; what it cannot take is a {@link UsageError}. */
export function readFlags(name: CommandName, args: readonly string[]): Args {
  const { takes, options }: Command = COMMANDS[name];
  const withValue = options.filter((option) => "value" in OPTIONS[option]);
  const flags = parseArgs(joined(args, { withValue }), {
    boolean: options.filter((option) => !withValue.includes(option)),
    string: ["_", ...withValue.filter((option) => option !== "set")],
    collect: withValue.filter((option) => option === "set"),
    unknown: (arg, key) => {
      if (key !== undefined) throw new UsageError(unknownOption(name, { arg, key }));
    },
  });
  if (flags.help) return flags;
  const given = flags._.length;
  if (given < takes.min) {
    throw new UsageError(`${name} needs ${takes.min} ${takes.name}: see deno task ${name} --help`);
  }
  if (given > takes.max) {
    throw new UsageError(
      `${name} takes ${takes.max || "no"} ${takes.name || "argument"}, and ${given} were given: ${
        flags._.join(" ")
      }`,
    );
  }
  for (const option of withValue) {
    if ([flags[option]].flat().includes("")) {
      throw new UsageError(
        `--${option} needs a value: --${option} ${(OPTIONS[option] as { value: string }).value}`,
      );
    }
  }
  return flags;
}

/**
 * `--csv -` as `--csv=-`: behind an option that takes a value stands its value, whatever it begins with, unless it is
 * another option. `parseArgs` takes no value that begins with a dash, such as `-` for stdout or `-COLUMN`.
 */
function joined(args: readonly string[], { withValue }: { withValue: readonly string[] }): string[] {
  const end = args.indexOf("--"), options = args.slice(0, end < 0 ? args.length : end), words: string[] = [];
  for (let i = 0; i < options.length; i++) {
    const next = options[i + 1], takes = withValue.some((option) => options[i] === `--${option}`);
    words.push(
      takes && next !== undefined && !next.startsWith("--") ? `${options[i++]}=${next}` : options[i],
    );
  }
  return [...words, ...args.slice(options.length)];
}

function unknownOption(name: CommandName, { arg, key }: { arg: string; key: string }): string {
  const options = COMMANDS[name].options.map((option) => `--${option}`);
  return `${name} has no option ${arg}: the options are ${options.join(", ")}${
    didYouMean(`--${key}`, options)
  }`;
}

/** A command. Those that keep finished work stop by `stoppable`; a signal ends the others at once. */
type Action = (flags: Args, host: Host) => Promise<number>;

/** The largest number of trials of a sweep that `check` validates; `sweep` itself validates all. */
const TRIALS_TRIED = 256;

const ACTIONS: Readonly<Record<CommandName, Action>> = {
  async run(flags, host) {
    const loaded = await checkedSpec(flags, host);
    await checkPlace(flags.out ?? join("results", loaded.spec.name));
    return await stoppable((signal) => host.commands.run(loaded, runFlags(flags, signal)), host);
  },
  sweep: async (flags, host) => {
    const loaded = await checkedSpec(flags, host);
    if (!loaded.spec.sweep) {
      throw new UsageError(
        `${loaded.path} has no sweep: add one, like sweep: { training.pairs: [256, 1024] }`,
      );
    }
    await checkPlace(flags.out ?? join("results", loaded.spec.name));
    const sweep = (signal: AbortSignal) => host.commands.sweep(loaded, sweepFlags(flags, { loaded, signal }));
    // What only asks or tells has nothing to keep.
    if (flags.status || flags.cancel || flags.collect) return await sweep(new AbortController().signal);
    return await stoppable(sweep, host);
  },
  async check(flags, host) {
    const loaded = await checkedSpec(flags, host), { spec, hash } = loaded;
    const refused = await trialIssues(loaded, { registry: host.registry, most: TRIALS_TRIED });
    if (refused.length > 0) throw new SpecError(refused);
    const plan = planOf(spec, {
      registry: host.registry,
      resources: resourcesOf(flags),
      specFolder: loaded.folder,
    });
    const findings = inspect(loaded, host.registry);
    if (flags.resolved && !flags.json) host.terminal.print(`${resolvedText(loaded)}\n`);
    host.terminal.print(
      flags.json
        ? JSON.stringify({ hash, ...spec, plan, findings }, null, 2)
        : checkText(loaded, plan, { findings, cached: await cachedStages(loaded, host) }),
    );
    return 0;
  },
  async report({ _: [folder] }, { commands }) {
    await checkPlace(folder);
    return await commands.report(folder);
  },
  results: ({ _, sort, columns, limit, long, json, csv, parquet }, { commands }) =>
    commands.results(_, { sort, columns, limit, long, json, csv, parquet }),
  compare: ({ _, json, html }, { commands }) => commands.compare(_, { json, html }),
  async schema({ write }, { registry, terminal }) {
    if (write) await writeAtomic(fileURLToPath(SCHEMA_FILE), schemaText(registry));
    else terminal.print(schemaText(registry).trimEnd());
    return 0;
  },
  plugins({ _: [slot], json }, { registry, terminal }) {
    const slots = [...new Set(registry.plugins.map((plugin) => plugin.slot))];
    if (slot !== undefined && !slots.includes(slot as Slot)) {
      throw new UsageError(
        `There is no slot ${slot}: the slots are ${slots.join(", ")}${didYouMean(slot, slots)}`,
      );
    }
    const shown = slot === undefined ? registry : createRegistry(registry.of(slot as Slot));
    terminal.print(json ? JSON.stringify(catalogue(shown), null, 2) : catalogueText(shown).trimEnd());
    return Promise.resolve(0);
  },
  cache: (flags, host) =>
    cacheAction(flags, {
      commands: host.commands.cache,
      spec: () => checkedSpec({ ...flags, _: flags._.slice(1) }, host),
      engine: () => engineOf(flags),
    }),
  async regress({ _, update, json }, host) {
    await checkPlace("results");
    return await stoppable((signal) => host.commands.regress(_, { update, json, signal }), host);
  },
};

/** Names of the stages that a run would not have to compute. */
async function cachedStages(loaded: LoadedSpec, { commands }: Host): Promise<Set<string>> {
  const stages = await commands.cache.status(loaded, { engine: "auto" });
  return new Set(stages.filter(({ cached, total }) => total > 0 && cached === total).map(({ name }) => name));
}

/** The spec of a command line, past validation and preflight: nothing long starts on a spec that must fail. */
async function checkedSpec(flags: Args, { registry }: Host): Promise<LoadedSpec> {
  const loaded = await loadSpec(flags._[0], { registry, overrides: overridesOf(flags) });
  const issues = await preflight(loaded, registry);
  if (issues.length > 0) throw new SpecError(issues);
  return loaded;
}

/** Refuses a folder outside of `results`, and one that is reached through a link. */
async function checkPlace(folder: string): Promise<void> {
  const fault = await placeFault(folder);
  if (fault) throw new UsageError(fault);
}

function runFlags(flags: Args, signal: AbortSignal): RunFlags {
  const { out, quiet } = flags, ahead = aheadOf(flags), shards = shardsFlag(flags);
  return { engine: engineOf(flags), resources: resourcesOf(flags), out, ahead, shards, quiet, signal };
}

function engineOf({ engine = "auto" }: Args): EngineName {
  return oneOf("engine", engine) as EngineName;
}

/** A value of an option whose values are listed. */
function oneOf(option: "engine" | "only", value: string): string {
  const values = OPTIONS[option].value.split("|");
  if (values.includes(value)) return value;
  throw new UsageError(
    `--${option} is ${value}: it must be one of ${values.join(", ")}${didYouMean(value, values)}`,
  );
}

/** A run is submitted in shards, or runs here. */
function shardsFlag({ launch, shards, only }: Args): number | undefined {
  if (shards === undefined && launch === undefined || launch === "local") return undefined;
  const count = Number(shards ?? 1);
  if (only !== undefined) throw new UsageError("--only computes here: it does not go with --shards");
  if (launch !== "slurm" && shards !== undefined) {
    throw new UsageError(`--shards is ${shards}: jobs need --launch slurm`);
  }
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new UsageError(`--shards is ${shards}: it must be a whole number from 1 to 1000`);
  }
  return count;
}

function aheadOf({ only, shard }: Args): Ahead | undefined {
  if (shard !== undefined && only !== "simulate") {
    throw new UsageError(`--shard is ${shard}: only the simulation has shards, add --only simulate`);
  }
  if (only === undefined) return;
  const ahead = oneOf("only", only) as Ahead["only"];
  if (shard === undefined) return { only: ahead };
  const [index, count] = /^(\d+)\/(\d+)$/.exec(shard)?.slice(1).map(Number) ?? [];
  if (!(index >= 1 && index <= count)) {
    throw new UsageError(`--shard is ${shard}: it must be like 2/8, the second of eight parts`);
  }
  return { only: ahead, shard: { index, count } };
}

function sweepFlags(
  flags: Args,
  { loaded: { spec: { launch, sweep } }, signal }: { loaded: LoadedSpec; signal: AbortSignal },
): SweepFlags {
  const { extend, detach, status, cancel, collect } = flags;
  const instead = ["status", "cancel", "collect", "detach"].filter((option) => flags[option]);
  if (instead.length > 1) throw new UsageError(`--${instead.join(" and --")} exclude each other`);
  if (detach && launch?.kind !== "slurm") {
    throw new UsageError(
      "--detach leaves jobs to Slurm: it needs --launch slurm, or launch: { kind: slurm }",
    );
  }
  if (detach && (sweep!.method === "tpe" || sweep!.method === "asha")) {
    throw new UsageError(
      `--detach needs trials that are known beforehand: ${sweep!.method} chooses as they end`,
    );
  }
  return { ...runFlags({ ...flags, launch: undefined }, signal), extend, detach, status, cancel, collect };
}

/** --launch and --jobs are short for overrides of `launch`; --set may say more. */
function overridesOf({ launch, jobs, set = [] }: Args): string[] {
  if (launch !== undefined && jobs !== undefined && launch !== "local") {
    throw new UsageError("--jobs is for processes of this machine: --launch local, or none");
  }
  const kind = launch ?? (jobs === undefined ? undefined : "local");
  return [
    ...kind === undefined ? [] : [`launch.kind=${kind}`],
    ...jobs === undefined ? [] : [`launch.jobs=${jobs}`],
    ...set,
  ];
}

function resourcesOf({ workers, memory }: Args): Resources {
  const count = workers === undefined ? undefined : Number(workers);
  if (count !== undefined && (!Number.isInteger(count) || count < 1 || count > 1024)) {
    throw new UsageError(`--workers is ${workers}: it must be a whole number from 1 to 1024`);
  }
  const [, size, unit] = /^\s*(\d+(?:\.\d+)?)\s*([MG]B)\s*$/.exec(memory ?? "") ?? [];
  if (memory !== undefined && !(Number(size) > 0)) {
    throw new UsageError(`--memory is ${memory}: it must be a size like "800 MB" or "8 GB"`);
  }
  const bytes = memory === undefined ? undefined : Number(size) * (unit === "GB" ? 1e9 : 1e6);
  return machineResources({ workers: count, memory: bytes });
}
