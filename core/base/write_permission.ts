import { join, relative } from "node:path";

/** The folder that all results are written to. */
const RESULTS = "results";

/** Why a task must not write to a folder, as a sentence, or nothing: not allowed to, or a link leads elsewhere. */
export async function placeFault(folder: string): Promise<string | undefined> {
  if (Deno.permissions.querySync({ name: "write", path: folder }).state !== "granted") {
    return `${folder} is outside of ${RESULTS}: this task may only write below it. ` +
      `Name a folder like ${join(RESULTS, "mine")}`;
  }
  const link = await firstLink([...partsBelow(folder), ...await cacheEntries()]);
  return link && `${link} is a symbolic link, which may lead out of ${RESULTS}: replace it by a folder`;
}

/** `results` and every folder from there to the given one. */
function partsBelow(folder: string): string[] {
  const parts = relative(".", folder).split("/");
  if (parts[0] !== RESULTS) return [RESULTS];
  return parts.map((_, i) => join(...parts.slice(0, i + 1)));
}

/** Stages are written into the cache whatever the run's folder. */
async function cacheEntries(): Promise<string[]> {
  const cache = join(RESULTS, ".cache"), shared = [RESULTS, cache, join(RESULTS, ".scratch")];
  try {
    const entries = await Array.fromAsync(Deno.readDir(cache));
    return [...shared, ...entries.map(({ name }) => join(cache, name))];
  } catch {
    return shared;
  }
}

async function firstLink(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const entry = await Deno.lstat(path).catch(() => undefined);
    if (entry?.isSymlink) return path;
  }
}

/** Deno's own words on a permission advise to give it; the tasks of deno.json do without, on purpose. */
export function deniedText(message: string): string {
  return message.replace(
    /Requires (.+?) access to (.+?), run again.*/,
    "this task is not given $1 access to $2: see the tasks in deno.json",
  );
}
