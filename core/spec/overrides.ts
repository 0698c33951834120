import { parseDocument } from "yaml";
import type { z } from "zod";
import { isMapping } from "./merge.ts";
import { FILE_KEYS } from "./compose.ts";
import { show, SpecError } from "./issues.ts";
import { componentPath, type Path } from "./path.ts";
import { isExclusive, presetAt } from "./shape.ts";
import { didYouMean } from "./suggest.ts";

/** A part of a --set text: its first column (from 0) and length. */
interface Span {
  readonly start: number;
  readonly length: number;
}

/** `key.path=value` as given to --set, resolved against a spec: where it writes, and where its parts stand. */
export interface Override {
  readonly text: string;
  readonly path: Path;
  /** Where each key of the path stands in `text`. */
  readonly spans: readonly Span[];
  readonly valueSpan: Span;
}

interface Key extends Span {
  readonly name: string;
}

/** Applies one --set to a spec as written. Lists are entered by index, or by the `name` of an entry. */
export function applyOverride(
  root: Readonly<Record<string, unknown>>,
  text: string,
  { schema }: { schema: z.ZodType },
): { value: Readonly<Record<string, unknown>>; override: Override } {
  const equals = text.indexOf("=");
  const keys = keysOf(text, equals < 0 ? text.length : equals);
  if (equals < 1 || keys.some(({ name }) => name === "")) {
    throw fault(text, { start: 0, length: text.length }, "must be key.path=value, like training.epochs=4");
  }
  if (FILE_KEYS.some((key) => key === keys[0].name)) {
    throw fault(text, keys[0], `${keys[0].name} says how the spec's file is read: write it in the file`);
  }
  const valueSpan = { start: equals + 1, length: text.length - equals - 1 };
  const writing = { root, schema, text, value: valueOf(text, valueSpan), path: [], spans: [] };
  const value = write(root, keys, writing) as Readonly<Record<string, unknown>>;
  return { value, override: { text, path: writing.path, spans: writing.spans, valueSpan } };
}

/** One --set on its way down a spec; `path` and `spans` grow with each step. */
interface Writing {
  readonly root: Readonly<Record<string, unknown>>;
  readonly schema: z.ZodType;
  readonly text: string;
  readonly value: unknown;
  readonly path: (string | number)[];
  readonly spans: Span[];
}

function write(at: unknown, keys: readonly Key[], writing: Writing): unknown {
  if (keys.length === 0) return writing.value;
  return Array.isArray(at) ? writeEntry(at, keys, writing) : writeKey(at, keys, writing);
}

function writeEntry(list: readonly unknown[], keys: readonly Key[], writing: Writing): unknown {
  const { index, used } = entryOf(list, { keys, text: writing.text });
  const [first] = keys, last = keys[used - 1];
  writing.path.push(index);
  writing.spans.push({ start: first.start, length: last.start + last.length - first.start });
  return list.with(index, write(list[index], keys.slice(used), writing));
}

function writeKey(at: unknown, [key, ...below]: readonly Key[], writing: Writing): unknown {
  const { root, schema, path, spans, text } = writing;
  if (at !== undefined && at !== null && !isMapping(at)) {
    throw fault(text, key, `there is no key ${key.name} here: the value above is ${show(at)}, not a map`);
  }
  const map = at ?? {}, has = Object.hasOwn(map, key.name);
  const replaces = isOther(map, { key: key.name, value: writing.value, leaf: below.length === 0 }) ||
    (!has && isExclusive(schema, { path: componentPath(path), input: root }));
  path.push(key.name);
  spans.push(key);
  const old = has ? map[key.name] : below.length > 0 ? presetAt(schema, { path, input: root }) : undefined;
  return Object.fromEntries([...(replaces ? [] : Object.entries(map)), [
    key.name,
    write(old, below, writing),
  ]]);
}

/** Whether a write to `kind` names another component, whose options start afresh. */
function isOther(
  map: Readonly<Record<string, unknown>>,
  { key, value, leaf }: { key: string; value: unknown; leaf: boolean },
): boolean {
  return leaf && key === "kind" && map.kind !== undefined && map.kind !== value;
}

function keysOf(text: string, end: number): Key[] {
  let start = 0;
  return text.slice(0, end).split(".").map((name) => {
    const key = { name, start, length: name.length };
    start += name.length + 1;
    return key;
  });
}

/** The list entry that the first keys name; a name may itself hold dots. */
function entryOf(
  list: readonly unknown[],
  { keys, text }: { keys: readonly Key[]; text: string },
): { index: number; used: number } {
  const names = list.map((entry) => isMapping(entry) ? entry.name : undefined);
  for (let used = keys.length; used > 0; used--) {
    const index = names.indexOf(keys.slice(0, used).map((k) => k.name).join("."));
    if (index >= 0) return { index, used };
  }
  const [{ name }] = keys, index = Number(name);
  if (/^\d+$/.test(name) && index < list.length) return { index, used: 1 };
  const known = names.filter((n) => typeof n === "string");
  const wanted = known.length > 0
    ? `the entries are ${known.join(", ")}`
    : `the list has ${list.length} entries`;
  throw fault(text, keys[0], `there is no entry ${name} in this list: ${wanted}${didYouMean(name, known)}`);
}

function valueOf(text: string, span: Span): unknown {
  const document = parseDocument(text.slice(span.start), { prettyErrors: false, logLevel: "silent" });
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw fault(text, span, `the value is not YAML: ${error.message.split("\n")[0]}`);
  try {
    return document.toJS();
  } catch (error) {
    throw fault(text, span, `the value cannot be read: ${(error as Error).message}`);
  }
}

function fault(text: string, { start, length }: Span, message: string): SpecError {
  return new SpecError([
    { file: "--set", line: 1, column: start + 1, path: "", message, excerpt: { text, length } },
  ]);
}

/** The part of a --set text that a fault at `path` comes from, or none. */
export function spanOf(
  { path, spans, valueSpan }: Override,
  fault: { path: Path; onKey?: boolean; written: boolean },
): Span | undefined {
  const shared = path.findIndex((key, i) => key !== fault.path[i]);
  if (shared === -1) return fault.onKey && fault.path.length === path.length ? spans.at(-1) : valueSpan;
  // What a new `kind` lacks is the fault of the kind.
  if (shared === path.length - 1 && path[shared] === "kind" && !fault.written) return valueSpan;
  return shared === fault.path.length && shared > 0 && !fault.written ? spans[shared - 1] : undefined;
}
