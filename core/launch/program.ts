import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/**
 * Command line of `run` in a process of its own: this very Deno, nothing from the network, and the permissions of the
 * task `run` in deno.json.
 */
export function runProgram(args: readonly string[]): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const task: string[] = tasks.run.split(" "), flags = task.slice(2, task.indexOf("mod.ts"));
  const place = (name: string) => fileURLToPath(new URL(name, ROOT));
  const fixed = ["--no-prompt", "--cached-only", "--config", place("deno.json")];
  const all = [...new Set([...fixed.slice(0, 2), ...flags]), ...fixed.slice(2)];
  return [Deno.execPath(), "run", ...all, place("mod.ts"), "run", ...args];
}
