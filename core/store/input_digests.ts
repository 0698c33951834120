import { resolve } from "node:path";
import { digest } from "../base/files.ts";

/**
 * Digests of the files that the options of a spec name. Missing files are left out; the component that reads them
 * reports the error.
 */
export async function inputDigests(
  files: readonly string[],
  folder: string,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const file of files) {
    const bytes = await Deno.readFile(resolve(folder, file)).catch(() => undefined);
    if (bytes) digests[file] = await digest(bytes, 16);
  }
  return digests;
}
