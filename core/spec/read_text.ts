/** The largest size of a spec in bytes. Real specs have some thousands. */
const MOST_BYTES = 1_000_000;

export const NO_FILE = "there is no such file";

/** Reads the text of a spec. If it cannot be read, the error gives the reason without the name of the file. */
export async function readText(path: string): Promise<string> {
  return decoded(await readBytes(path));
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { isFile, isDirectory, size } = await Deno.stat(path);
    if (isDirectory) throw new Error("it is a folder, and must be a YAML file");
    if (!isFile) throw new Error("it is a device or a pipe, and must be a YAML file");
    checkSize(size);
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(NO_FILE);
    if (error instanceof Deno.errors.NotADirectory) throw new Error("a part of its path is no folder");
    if (/ENAMETOOLONG|name too long/i.test((error as Error).message)) throw new Error("its name is too long");
    if (error instanceof Deno.errors.FilesystemLoop) throw new Error("its symbolic links run in a circle");
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new Error("its permissions forbid it: make it readable");
    }
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error("this task is not given read access to it: see the tasks in deno.json");
    }
    throw error;
  }
}

/** Refuses a text that no one wrote by hand before anything is parsed. */
export function checkSize(bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  const size = (Math.ceil(bytes / 1e5) / 10).toFixed(1);
  throw new Error(`it has ${size} MB, and a spec has at most ${MOST_BYTES / 1e6} MB`);
}

function decoded(bytes: Uint8Array): string {
  const [a, b] = bytes, wide = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  if (wide) throw new Error("it is UTF-16 text: save it as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is not UTF-8 text: save it as UTF-8");
  }
}
