import type { z } from "zod";
import type { Plugin, Slot } from "../contracts/plugin.ts";

/** Keeps the option type of a plugin while it is written down, and forgets it in the registry. */
export function plugin<S extends Slot, O extends z.ZodObject>(definition: Plugin<S, O>): Plugin<S> {
  return definition as unknown as Plugin<S>;
}

/** Whether a prior of these options will have `logDensity` and `score`. */
export function knowsDensity(
  { density }: Pick<Plugin, "density">,
  options: Readonly<Record<string, unknown>>,
): boolean {
  return typeof density === "function" ? density(options) : density === true;
}
