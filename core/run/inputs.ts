import { digest } from "./files.ts";

/** Digests of the files that any option of a spec names, by the text that names them. */
export async function inputDigests(spec: unknown, folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const visit = async (value: unknown): Promise<void> => {
    if (value !== null && typeof value === "object") {
      for (const part of Object.values(value)) await visit(part);
    } else if (typeof value === "string" && /\.(npy|csv|h5|hdf5|sgy|segy)$/i.test(value)) {
      const path = value.startsWith("/") ? value : `${folder}/${value}`;
      const bytes = await Deno.readFile(path).catch(() => undefined);
      if (bytes) digests[value] = await digest(bytes, 16);
    }
  };
  await visit(spec);
  return digests;
}
