import { createHash } from "node:crypto";
import { dirname } from "node:path";

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
    throw writeFault(error, path);
  }
}

const WRITE_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full. Free some space",
  EDQUOT: "the disk quota is used up. Free some space",
  EROFS: "the file system is read-only. Make it writable",
  EACCES: "this user may not write there. Make it writable",
};

/** An error of the disk as a sentence with what to do; any other error as it is. */
export function writeFault(error: unknown, path: string): unknown {
  const fault = WRITE_FAULTS[(error as { code?: string })?.code ?? ""];
  if (!fault) return error;
  return new Error(`Cannot write ${path}: ${fault} and run again: what is finished is kept.`);
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

/** {@link digest} at once, for what is small. */
export function digestOf(content: string | Uint8Array, digits = 64): string {
  return createHash("sha256").update(content).digest("hex").slice(0, digits);
}

/** JSON with sorted keys: the same text for the same value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
}
