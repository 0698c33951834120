import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../mod.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

/** The program in a process of its own, working in `folder`. */
export function start(folder: string, args: readonly string[]): Deno.ChildProcess {
  const program = ["run", "-A", "--no-check", "--config", CONFIG, MAIN];
  return new Deno.Command(Deno.execPath(), {
    args: [...program, ...args],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Its exit code and what it said. */
export async function finish(child: Deno.ChildProcess): Promise<{ code: number; err: string }> {
  const { code, stderr } = await child.output();
  return { code, err: new TextDecoder().decode(stderr).trimEnd() };
}
