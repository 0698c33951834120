import type { Args } from "@std/cli";
import { UsageError } from "../base/usage.ts";
import type { EngineName } from "../engine/mod.ts";
import type { CacheCommands } from "./cache_commands.ts";
import { didYouMean, type LoadedSpec } from "../spec/mod.ts";

const ACTIONS = ["list", "explain", "prune"];

/** `cache list`, `cache explain SPEC` or `cache prune`. */
export async function cacheAction(
  flags: Args,
  { commands, spec, engine }: {
    commands: CacheCommands;
    spec: () => Promise<LoadedSpec>;
    engine: () => EngineName;
  },
): Promise<number> {
  const [action, ...rest] = flags._, { json } = flags;
  if (!ACTIONS.includes(action)) {
    throw new UsageError(
      `cache cannot ${action}: it can ${ACTIONS.join(", ")}${didYouMean(action, ACTIONS)}`,
    );
  }
  const wanted = action === "explain" ? 1 : 0;
  if (rest.length !== wanted) {
    throw new UsageError(
      `cache ${action} takes ${wanted ? "one SPEC" : "nothing more"}: see deno task cache --help`,
    );
  }
  if (action === "list") return await commands.list({ json });
  if (action === "explain") return await commands.explain(await spec(), { json, engine: engine() });
  const olderThan = flags["older-than"], { keep, all, "dry-run": dryRun } = flags;
  return await commands.prune({
    olderThan: olderThan && quantity("older-than", olderThan, TIMES),
    keep: keep && quantity("keep", keep, SIZES),
    all,
    dryRun,
  });
}

/** Milliseconds and bytes of a unit. */
const TIMES = { s: 1e3, min: 60e3, h: 3600e3, d: 86400e3 }, SIZES = { kB: 1e3, MB: 1e6, GB: 1e9 };

function quantity(option: string, text: string, units: Readonly<Record<string, number>>): number {
  const [, number, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$/.exec(text) ?? [];
  if (Object.hasOwn(units, unit)) return Number(number) * units[unit];
  throw new UsageError(
    `--${option} is ${text}: it must be a number and one of ${Object.keys(units).join(", ")}`,
  );
}
