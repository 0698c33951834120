import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

/**
 * Command line of `run` in a process of its own: this very Deno, nothing from the network, and the permissions of the
 * task `run` in deno.json.
 */
export function runProgram(args: readonly string[]): string[] {
  const task = config.tasks.run.split(" "), flags = task.slice(2, task.indexOf("mod.ts"));
  const place = (name: string) => fileURLToPath(new URL(name, ROOT));
  const fixed = ["--no-prompt", "--cached-only", "--config", place("deno.json")];
  const all = [...new Set([...fixed.slice(0, 2), ...flags]), ...fixed.slice(2)];
  return [Deno.execPath(), "run", ...all, place("mod.ts"), "run", ...args];
}
