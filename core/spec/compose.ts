import { dirname, isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import type { SpecIssue } from "../contracts/spec.ts";
import { type Place, readDocument, type SpecDocument } from "./document.ts";
import { show, SpecError } from "./issues.ts";
import { type Layer, mergeLayers } from "./merge.ts";
import { chainText, type Origin, type Source } from "./origin.ts";
import type { Path } from "./path.ts";
import { pathText } from "./path_text.ts";
import { checkSize, NO_FILE, readText } from "./read_text.ts";

/** A spec with all that it extends, merged as written. */
interface Composition {
  readonly value: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
  /** The spec's own file. */
  readonly source: Source;
  readonly text: string;
}

/** Keys that are not part of the experiment: they say how the file is read. */
export const FILE_KEYS = ["extends", "folder"] as const;

/** Reads a spec and the files that it extends. A later file overrides an earlier one, and the spec overrides all. */
export async function compose(
  path: string,
  { schema, text }: { schema: z.ZodType; text?: string },
): Promise<Composition> {
  const whole = { file: path, line: 1, column: 1 };
  const yaml = text ?? await attempt(() => ownText(path), { at: whole, what: "the spec cannot be read" });
  const composer: Composer = { schema, read: new Map() };
  const layer = await composed({ path, text: yaml, extendedBy: [], above: [] }, composer);
  return { ...layer, text: yaml };
}

/**
 * Explains a missing spec. `deno task` changes to the folder of `deno.json`; the spec is often in the folder of the
 * user.
 */
async function ownText(path: string): Promise<string> {
  try {
    return await readText(path);
  } catch (error) {
    const { message } = error as Error;
    if (isAbsolute(path) || !message.endsWith(NO_FILE)) throw error;
    throw new Error(
      `${message} in ${Deno.cwd()}, where tasks run: give its path from there, or the whole path`,
    );
  }
}

interface Composer {
  readonly schema: z.ZodType;
  /** Files that are already composed, by their full path. A file that two others extend is read once. */
  readonly read: Map<string, Composed>;
}

type Composed = Omit<Composition, "text">;

/** A file on its way in: who extends it, and the files above it, whose extension would be a circle. */
interface Reading {
  readonly path: string;
  readonly text: string;
  readonly extendedBy: readonly Place[];
  readonly above: readonly string[];
}

async function composed(reading: Reading, composer: Composer): Promise<Composed> {
  const { path, text, extendedBy } = reading;
  await attempt(() => checkSize(text.length), { at: { file: path, line: 1, column: 1 }, what: "the spec" });
  const document = explained(() => readDocument(path, text), extendedBy);
  const { extends: _, folder, ...value } = document.value;
  const source = { document, folder: folderOf(document, folder), extendedBy };
  let layer: Layer | undefined;
  for (const [at, base] of basesOf(document)) {
    const lower = await baseOf({ base, at: document.place(at), reading }, composer);
    layer = layer ? mergeLayers(layer, lower, composer) : lower;
  }
  const upper = { value, origin: { source, path: [] } };
  return { ...(layer ? mergeLayers(layer, upper, composer) : upper) as Omit<Composed, "source">, source };
}

async function baseOf(
  { base, at, reading }: { base: string; at: Place; reading: Reading },
  composer: Composer,
): Promise<Composed> {
  const path = join(dirname(reading.path), base), above = [...reading.above, reading.path];
  const file = base.startsWith("/") ? base : path, full = resolve(file);
  const earlier = composer.read.get(full);
  if (earlier) return earlier;
  const first = above.findIndex((other) => resolve(other) === full);
  const issue = (message: string) =>
    new SpecError([{ ...at, path: "extends", message: message + chainText(reading.extendedBy) }]);
  if (first >= 0) {
    const circle = [...above.slice(first), above[first]].join(" -> ");
    throw issue(`is ${base}, which makes a circle: ${circle}`);
  }
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    throw issue(`is ${base}, which cannot be read: ${(error as Error).message}`);
  }
  const result = await composed(
    { path: file, text, extendedBy: [at, ...reading.extendedBy], above },
    composer,
  );
  composer.read.set(full, result);
  return result;
}

/** The files that a document extends, each with the path of its name. */
function basesOf(document: SpecDocument): [Path, string][] {
  const { extends: written } = document.value;
  if (written === undefined) return [];
  const list = Array.isArray(written), names: unknown[] = list ? written : [written];
  return names.map((name, i) => {
    const path = list ? ["extends", i] : ["extends"];
    if (typeof name === "string" && name !== "") return [path, name];
    const message = `is ${show(name)}: it must be a file like base.yaml, or a list of such files`;
    throw new SpecError([{ ...document.place(path), path: pathText(path), message }]);
  });
}

function folderOf(document: SpecDocument, folder: unknown): string {
  const beside = dirname(document.file);
  if (folder === undefined) return beside;
  if (typeof folder === "string" && folder !== "") {
    return folder.startsWith("/") ? folder : join(beside, folder);
  }
  const message = `is ${show(folder)}: it must be the folder that relative paths of this file start from`;
  throw new SpecError([{ ...document.place(["folder"]), path: "folder", message }]);
}

async function attempt<T>(
  work: () => T | Promise<T>,
  { at, what }: { at: Place; what: string },
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = `${what}: ${(error as Error).message}`;
    throw new SpecError([{ ...at, path: "", message }]);
  }
}

/** A fault in a file that others extend says so. */
function explained<T>(work: () => T, extendedBy: readonly Place[]): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const issues: SpecIssue[] = error.issues.map((issue) => ({
      ...issue,
      message: issue.message + chainText(extendedBy),
    }));
    throw new SpecError(issues);
  }
}
