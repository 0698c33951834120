import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What a checkout holds that is only read; results are its own. */
const SHARED = ["core", "docs", "experiments", "flows", "physics", "tests", "README.md", "mod.ts"];

/** Works in a checkout of the project as it is now, with results of its own: its tasks run as anyone runs them. */
export async function inCheckout<T>(
  work: (folder: string) => Promise<T>,
  { files = {} }: { files?: Readonly<Record<string, string>> } = {},
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of SHARED) await Deno.symlink(ROOT + name, `${folder}/${name}`);
    for (const name of ["deno.json", "deno.lock"]) await Deno.copyFile(ROOT + name, `${folder}/${name}`);
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The task runner as the README starts it. */
export const NPX = ["npx", "-y", "deno@2.9.6", "task", "-q"] as const;
