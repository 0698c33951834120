/** The part of JSR's `parseArgs` (@std/cli/parse-args) that the project uses, over node:util. */
import { parseArgs as nodeParseArgs } from "node:util";

export interface ParseOptions {
  /** Flags without a value. */
  readonly boolean?: readonly string[];
  /** Options with a text value; "_" keeps positionals as text, which they are here in any case. */
  readonly string?: readonly string[];
  /** Options that may be given more than once; their value is a list. */
  readonly collect?: readonly string[];
  readonly alias?: Readonly<Record<string, string>>;
  readonly default?: Readonly<Record<string, unknown>>;
  /** Called for what no other setting names; `false` leaves it out of the result. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

// deno-lint-ignore no-explicit-any
export type Args = { _: string[]; [option: string]: any };

/** Reads command-line arguments: `--name value`, `--name=value`, `-n value`, `--flag`, positionals, `--`. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const { boolean = [], string = [], collect = [], alias = {}, unknown } = options;
  const names = new Set([...boolean, ...string, ...collect]);
  const takesValue = new Set([...string, ...collect]);
  const full = (name: string) => alias[name] ?? name;
  const { tokens } = nodeParseArgs({
    args: emptyValues(args, (name) => takesValue.has(full(name))),
    options: configOf({ boolean, takesValue, alias }),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const result: Args = { _: [], ...structuredClone(options.default ?? {}) };
  for (const name of boolean) result[name] ??= false;
  for (const name of collect) result[name] ??= [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (unknown?.(token.value) !== false) result._.push(token.value);
    } else if (token.kind === "option") {
      const name = full(token.name), value = takesValue.has(name) ? token.value ?? "" : token.value ?? true;
      if (!names.has(name) && unknown?.(token.rawName, token.name, value) === false) continue;
      if (collect.includes(name)) result[name].push(value);
      else result[name] = boolean.includes(name) ? value !== "false" : value;
    }
  }
  return result;
}

/** JSR gives an option "" where the next argument is an option; node would swallow that one as the value. */
function emptyValues(args: readonly string[], takesValue: (name: string) => boolean): string[] {
  const end = args.indexOf("--");
  return args.map((arg, i) => {
    const [, name] = /^--?([^=]+)$/.exec(arg) ?? [];
    const open = name !== undefined && takesValue(name) && (end < 0 || i < end);
    const bare = i + 1 >= args.length || args[i + 1].startsWith("-");
    return open && bare ? `--${name}=` : arg;
  });
}

function configOf(
  { boolean, takesValue, alias }: {
    boolean: readonly string[];
    takesValue: ReadonlySet<string>;
    alias: Readonly<Record<string, string>>;
  },
) {
  const config: Record<string, { type: "boolean" | "string" }> = {};
  const add = (name: string, type: "boolean" | "string") => {
    config[name] = { type };
    for (const [short, long] of Object.entries(alias)) if (long === name) config[short] = { type };
  };
  for (const name of boolean) add(name, "boolean");
  for (const name of takesValue) if (name !== "_") add(name, "string");
  return config;
}
