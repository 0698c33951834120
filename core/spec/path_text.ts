/**
 * Paths of keys as text: `training.epochs`, `shifts.more noise.noise.level.scale`, `gates.corrected.snr`. A key that
 * holds a dot, and an entry of a list by its name, stand as they are; quotes as JSON has them make text one key.
 */
import type { z } from "zod";
import { keyText, quotedText } from "../base/key_text.ts";
import { componentInput, componentPath, isMapping, type Path, valueAt } from "./path.ts";
import { presetAt, schemaAt } from "./schema_fields.ts";

/** A part of a text: its first column (from 0) and length. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** What stands between two dots. */
export interface Segment extends Span {
  readonly name: string;
  readonly quoted: boolean;
}

/** A path of keys, and where each of them stands in the text. */
export interface Reading {
  readonly path: Path;
  readonly spans: readonly Span[];
  /** Whether a value stands there; else the schema allows one. */
  readonly exists: boolean;
}

/** A spec as written, whose keys are preferred, and the schema, which knows further ones. */
interface Tree {
  readonly root: unknown;
  readonly schema?: z.ZodType;
}

/** Names of entries and free keys have few dots: no sensible path is longer. */
const MOST_SEGMENTS = 256;

/** The segments of a path's text; undefined where a quote is not closed. */
export function segmentsOf(text: string): Segment[] | undefined {
  const segments: Segment[] = [];
  for (let start = 0; start <= text.length;) {
    const [whole] = /^(?:"(?:[^"\\]|\\.)*"(?=\.|$)|[^.]*)/.exec(text.slice(start))!;
    const quoted = whole.startsWith('"'), name = quoted ? unquoted(whole) : whole;
    if (name === undefined) return undefined;
    segments.push({ name, quoted, start, length: whole.length });
    start += whole.length + 1;
  }
  return segments;
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The path that segments mean: the first one that has a value, else the first one that the schema allows. */
export function readPath(segments: readonly Segment[], tree: Tree): Reading | undefined {
  if (segments.length > MOST_SEGMENTS) return undefined;
  let allowed: Reading | undefined;
  for (const reading of readings(segments, { at: tree.root, path: [], tree })) {
    if (reading.exists) return reading;
    allowed ??= reading;
  }
  return allowed;
}

/** A position on a path: the value there. */
interface Step {
  readonly at: unknown;
  readonly path: Path;
  readonly tree: Tree;
}

/** All paths that segments can mean, the longest keys first. */
function* readings(segments: readonly Segment[], step: Step): Generator<Reading> {
  if (segments.length === 0) yield { path: [], spans: [], exists: true };
  else {
    for (const { key, used, exists, value } of choices(segments, step)) {
      const [first] = segments, last = segments[used - 1];
      const span = { start: first.start, length: last.start + last.length - first.start };
      const inner = { at: value, path: [...step.path, key], tree: step.tree };
      for (const rest of readings(segments.slice(used), inner)) {
        yield {
          path: [key, ...rest.path],
          spans: [span, ...rest.spans],
          exists: exists && rest.exists,
        };
      }
    }
  }
}

/** A key that the first segments may be. */
interface Choice {
  readonly key: string | number;
  /** Number of segments that the key consists of. */
  readonly used: number;
  readonly exists: boolean;
  /** The value there. If nothing is written, the default of the schema. */
  readonly value: unknown;
}

/** What the first segments may be: entries and keys that are there, then keys that the schema allows. */
export function* choices(segments: readonly Segment[], { at, path, tree }: Step): Generator<Choice> {
  const names = namesOf(segments);
  if (Array.isArray(at)) return yield* entriesOf(at, segments, names);
  if (at !== undefined && at !== null && !isMapping(at)) return;
  const map = at ?? {};
  for (const { name, used } of names) {
    if (Object.hasOwn(map, name)) yield { key: name, used, exists: true, value: map[name] };
  }
  if (!tree.schema) return;
  for (const { name, used } of names) {
    const whole = [...path, name], input = componentInput(tree.root, whole);
    const place = { path: componentPath(whole), input };
    if (Object.hasOwn(map, name) || !schemaAt(tree.schema, place)) continue;
    yield { key: name, used, exists: false, value: presetAt(tree.schema, place) };
  }
}

interface Name {
  readonly name: string;
  readonly used: number;
}

/** The texts that the first segments form when joined, the longest first. A quoted segment is not joined. */
function namesOf(segments: readonly Segment[]): Name[] {
  const [first] = segments;
  const end = segments.findIndex(({ quoted }) => quoted), plain = end < 0 ? segments : segments.slice(0, end);
  if (first.quoted) return [{ name: first.name, used: 1 }];
  return plain.map((_, i) => ({ name: plain.slice(0, i + 1).map(({ name }) => name).join("."), used: i + 1 }))
    .reverse();
}

function* entriesOf(
  list: readonly unknown[],
  [first]: readonly Segment[],
  names: readonly Name[],
): Generator<Choice> {
  const entryNames = list.map((entry) => isMapping(entry) ? entry.name : undefined);
  for (const { name, used } of names) {
    const index = entryNames.indexOf(name);
    if (index >= 0) yield { key: index, used, exists: true, value: list[index] };
  }
  const index = Number(first.name);
  if (first.quoted || !/^\d{1,9}$/.test(first.name) || index >= list.length) return;
  yield { key: index, used: 1, exists: true, value: list[index] };
}

/**
 * A path as {@link readPath} reads it in the same spec: entries of a list by their name where they have one, quotes
 * where a key would be read as something else.
 */
export function pathText(path: Path, root?: unknown): string {
  const keys = path.map((key, i) => nameOf(key, valueAt(root, path.slice(0, i)))),
    plain = keys.map(keyText);
  const there = path.findLastIndex((_, i) => valueAt(root, path.slice(0, i + 1)) !== undefined) + 1;
  const text = plain.join(".");
  if (there === 0) return text;
  const segments = segmentsOf(plain.slice(0, there).join("."))!,
    readBack = readPath(segments, { root })?.path;
  if (readBack?.join("\n") === path.slice(0, there).join("\n")) return text;
  return keys.map((key) => typeof key === "number" ? key : quotedText(key)).join(".");
}

/** The name of a list's entry, where no other entry before it has that name. */
function nameOf(key: string | number, list: unknown): string | number {
  if (typeof key === "string" || !Array.isArray(list)) return key;
  const name = isMapping(list[key]) ? list[key].name : undefined;
  const first = list.findIndex((entry) => isMapping(entry) && entry.name === name) === key;
  return typeof name === "string" && name !== "" && first ? name : key;
}

/** `key.path=value`, cut at the `=` behind which the path has a value, else at the first that the schema allows. */
export function cutAssignment(
  text: string,
  tree: Tree,
): { readonly end: number; readonly segments: readonly Segment[]; readonly reading?: Reading } | undefined {
  let first: ReturnType<typeof cutAssignment>, allowed: typeof first;
  for (const { index: end } of text.matchAll(/=/g)) {
    const segments = segmentsOf(text.slice(0, end));
    if (!segments) continue;
    const reading = readPath(segments, tree), cut = { end, segments, reading };
    if (reading?.exists) return cut;
    first ??= cut;
    if (reading) allowed ??= cut;
  }
  return allowed ?? first;
}
