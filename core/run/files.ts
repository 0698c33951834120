import { dirname, join } from "node:path";

/** Writes a file so that a reader sees the old or the new content, never a part: temporary file, sync, rename. */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    const file = await Deno.open(temporary, { write: true, createNew: true });
    try {
      await writeAll(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** First `digits` hex digits of SHA-256. */
export async function digest(content: string | Uint8Array, digits = 64): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
  return [...hash].map((b) => b.toString(16).padStart(2, "0")).join("").slice(0, digits);
}

/** JSON with sorted keys: the same text for the same value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
}

/** Digest of every source file below the given files and folders: what a cached result depends on besides its spec. */
export async function sourceDigest(roots: readonly URL[]): Promise<string> {
  const parts: string[] = [];
  for (const root of roots) await collect(root, parts);
  return await digest(parts.sort().join("\n"), 16);
}

async function collect(root: URL, parts: string[]): Promise<void> {
  const path = root.pathname;
  if ((await Deno.stat(path)).isFile) {
    parts.push(`${path.split("/").pop()} ${await digest(await Deno.readFile(path))}`);
    return;
  }
  for await (const entry of Deno.readDir(path)) {
    if (entry.isDirectory || /\.(ts|wasm|wgsl)$/.test(entry.name)) {
      await collect(new URL(`file://${join(path, entry.name)}`), parts);
    }
  }
}
