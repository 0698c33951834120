import { type Args, parseArgs } from "@std/cli";
import { type Command, commandHelp, type CommandName, COMMANDS, OPTIONS, programHelp } from "./cli_help.ts";
import type { Resources } from "./contracts/cost.ts";
import type { Slot } from "./contracts/plugin.ts";
import type { EngineName } from "./engine/mod.ts";
import { writeAtomic } from "./run/files.ts";
import { planOf } from "./run/plan.ts";
import { createRegistry, type Registry } from "./run/registry.ts";
import { machineResources } from "./run/resources.ts";
import type { ResultsFlags } from "./run/results.ts";
import { checkText } from "./spec/check_text.ts";
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
} from "./spec/mod.ts";
import { UsageError } from "./usage.ts";

export interface RunFlags {
  readonly engine: EngineName;
  readonly resources: Resources;
  readonly out?: string;
  readonly quiet: boolean;
  /** Aborted by SIGINT, SIGTERM or SIGUSR2: write a checkpoint and throw. */
  readonly signal: AbortSignal;
}

/** The work behind the commands that compute; each gives its exit code. */
export interface Commands {
  run(spec: LoadedSpec, flags: RunFlags): Promise<number>;
  sweep(spec: LoadedSpec, flags: RunFlags): Promise<number>;
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
}

export interface Host {
  readonly registry: Registry;
  readonly commands: Commands;
}

/** Runs one command line and gives its exit code; every failure is a sentence on stderr, never a stack trace. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "help") {
    (first === undefined ? console.error : console.log)(programHelp().trimEnd());
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
      console.log(commandHelp(name).trimEnd());
      return 0;
    }
    return await stoppable((signal) => ACTIONS[name](flags, { ...host, signal }));
  } catch (error) {
    if (error instanceof SpecError) console.error(error.message);
    else console.error(error instanceof Error ? error.message : String(error));
    return error instanceof SpecError || error instanceof UsageError ? 2 : 1;
  }
}

function readFlags(name: CommandName, args: readonly string[]): Args {
  const { takes, options }: Command = COMMANDS[name];
  const withValue = options.filter((option) => "value" in OPTIONS[option]);
  const flags = parseArgs(args, {
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

function unknownOption(name: CommandName, { arg, key }: { arg: string; key: string }): string {
  const options = COMMANDS[name].options.map((option) => `--${option}`);
  return `${name} has no option ${arg}: the options are ${options.join(", ")}${
    didYouMean(`--${key}`, options)
  }`;
}

type Action = (flags: Args, host: Host & { readonly signal: AbortSignal }) => Promise<number>;

const ACTIONS: Readonly<Record<CommandName, Action>> = {
  run: async (flags, host) =>
    await host.commands.run(await checkedSpec(flags, host), runFlags(flags, host.signal)),
  sweep: async (flags, host) => {
    const loaded = await checkedSpec(flags, host);
    if (!loaded.spec.sweep) {
      throw new UsageError(
        `${loaded.path} has no sweep: add one, like sweep: { training.pairs: [256, 1024] }`,
      );
    }
    return await host.commands.sweep(loaded, runFlags(flags, host.signal));
  },
  async check(flags, host) {
    const loaded = await checkedSpec(flags, host), { spec, hash } = loaded;
    const plan = planOf(spec, { registry: host.registry, resources: resourcesOf(flags) });
    const findings = inspect(loaded, host.registry);
    if (flags.resolved && !flags.json) console.log(`${resolvedText(loaded)}\n`);
    console.log(
      flags.json
        ? JSON.stringify({ hash, ...spec, plan, findings }, null, 2)
        : checkText(loaded, plan, { findings }),
    );
    return 0;
  },
  report: (flags, { commands }) => commands.report(flags._[0]),
  results: ({ _, sort, columns, limit, long, json, csv, parquet }, { commands }) =>
    commands.results(_, { sort, columns, limit, long, json, csv, parquet }),
  compare: ({ _, json, html }, { commands }) => commands.compare(_, { json, html }),
  async schema({ write }, { registry }) {
    if (write) await writeAtomic(SCHEMA_FILE.pathname, schemaText(registry));
    else console.log(schemaText(registry).trimEnd());
    return 0;
  },
  plugins({ _: [slot], json }, { registry }) {
    const slots = [...new Set(registry.plugins.map((plugin) => plugin.slot))];
    if (slot !== undefined && !slots.includes(slot as Slot)) {
      throw new UsageError(
        `There is no slot ${slot}: the slots are ${slots.join(", ")}${didYouMean(slot, slots)}`,
      );
    }
    const shown = slot === undefined ? registry : createRegistry(registry.of(slot as Slot));
    console.log(json ? JSON.stringify(catalogue(shown), null, 2) : catalogueText(shown).trimEnd());
    return Promise.resolve(0);
  },
  regress: ({ _, update, json }, { commands, signal }) => commands.regress(_, { update, json, signal }),
};

/** The spec of a command line, past validation and preflight: nothing long starts on a spec that must fail. */
async function checkedSpec(flags: Args, { registry }: Host): Promise<LoadedSpec> {
  const loaded = await loadSpec(flags._[0], { registry, overrides: flags.set });
  const issues = preflight(loaded, registry);
  if (issues.length > 0) throw new SpecError(issues);
  return loaded;
}

function runFlags(flags: Args, signal: AbortSignal): RunFlags {
  const { engine = "auto", out, quiet } = flags;
  const engines = OPTIONS.engine.value.split("|");
  if (!engines.includes(engine)) {
    throw new UsageError(
      `--engine is ${engine}: it must be one of ${engines.join(", ")}${didYouMean(engine, engines)}`,
    );
  }
  return { engine: engine as EngineName, resources: resourcesOf(flags), out, quiet, signal };
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

const STOP_CODES = { SIGINT: 130, SIGTERM: 143, SIGUSR2: 75 } as const;

/** Runs work that a signal asks to stop; a second signal ends the process at once. */
async function stoppable(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const listeners = Object.entries(STOP_CODES).map(([name, code]) => {
    const listener = () => {
      forget();
      controller.abort(code);
    };
    return { name: name as Deno.Signal, listener };
  });
  const forget = () => listeners.forEach(({ name, listener }) => Deno.removeSignalListener(name, listener));
  listeners.forEach(({ name, listener }) => Deno.addSignalListener(name, listener));
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    console.error(`Stopped by a signal (exit code ${controller.signal.reason}).`);
    return controller.signal.reason;
  } finally {
    forget();
  }
}
