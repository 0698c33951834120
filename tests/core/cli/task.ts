import { assert } from "@std/assert";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const TASKS: Readonly<Record<string, string>> =
  JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)).tasks;

/** A task of deno.json with just its permissions, in a fresh folder; `left` is what it leaves there. */
export async function task(
  name: string,
  args: readonly string[],
  { spec = "", prepare = "true", read }: { spec?: string; prepare?: string; read?: string } = {},
) {
  const outer = await Deno.makeTempDir(), cwd = `${outer}/in/work`;
  try {
    await Deno.mkdir(cwd, { recursive: true });
    await Deno.writeTextFile(`${cwd}/spec.yaml`, spec);
    const made = await new Deno.Command("sh", { args: ["-c", prepare], cwd }).output();
    assert(made.success, new TextDecoder().decode(made.stderr));
    const [, ...words] = TASKS[name].replace(/\$\(.*?\)/, Deno.execPath()).replace(
      " -R ",
      read ? ` -R=${ROOT},${read} ` : " -R ",
    ).replace(
      " mod.ts ",
      ` --no-check --config ${ROOT}deno.json ${ROOT}mod.ts `,
    )
      .split(" ");
    const command = new Deno.Command(Deno.execPath(), { args: [...words, ...args], cwd, stdin: "null" });
    const { code, stderr } = await command.output(), err = new TextDecoder().decode(stderr);
    const left = [...Deno.readDirSync(outer), ...Deno.readDirSync(cwd)].map(({ name }) => name).sort();
    return {
      code,
      err: err.trimEnd(),
      left,
      outside: [...Deno.readDirSync(`${outer}/in`)].map((e) => e.name),
    };
  } finally {
    await Deno.remove(outer, { recursive: true });
  }
}
