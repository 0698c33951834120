import type { z } from "zod";
import { FILE_KEYS } from "./compose.ts";
import { show, SpecError } from "./issues.ts";
import { componentInput, componentPath, isMapping, type Path, valueAt } from "./path.ts";
import { choices, cutAssignment, type Reading, type Segment, type Span } from "./path_text.ts";
import { valueOf } from "./set_value.ts";
import { isExclusive, presetAt } from "./schema_fields.ts";
import { didYouMean } from "../base/suggest.ts";

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
  const cut = cutAssignment(text, { root, schema });
  if (!cut) throw fault(text, { start: 0, length: text.length }, unreadable(text));
  const { path, spans } = cut.reading ?? guessed(text, { segments: cut.segments, root });
  if (FILE_KEYS.some((key) => key === path[0])) {
    throw fault(text, spans[0], `${path[0]} says how the spec's file is read: write it in the file`);
  }
  const valueSpan = { start: cut.end + 1, length: text.length - cut.end - 1 };
  const given = valueOf(text.slice(valueSpan.start));
  if ("fault" in given) throw fault(text, valueSpan, given.fault);
  const value = write(root, path, { root, schema, value: given.value, path }) as typeof root;
  return { value, override: { text, path, spans, valueSpan } };
}

const FORM = "must be key.path=value, like training.epochs=4";

function unreadable(text: string): string {
  return /(^|\.)"/.test(text) && text.includes("=") ? 'a key that begins with " must end with "' : FORM;
}

/**
 * The path of a name that neither the spec nor the schema has: its existing part is resolved, and the rest is split
 * at the dots.
 */
function guessed(
  text: string,
  { segments, root }: { segments: readonly Segment[]; root: unknown },
): Pick<Reading, "path" | "spans"> {
  if (segments.some(({ name, quoted }) => name === "" && !quoted)) {
    throw fault(text, { start: 0, length: text.length }, FORM);
  }
  const path: (string | number)[] = [], spans: Span[] = [];
  for (let i = 0; i < segments.length;) {
    const at = valueAt(root, path), left = segments.slice(i);
    const [choice] = choices(left, { at, path, tree: { root } });
    if (!choice && at !== undefined && at !== null) refuse(at, { text, segment: left[0] });
    const used = choice?.used ?? 1, last = left[used - 1];
    path.push(choice?.key ?? left[0].name);
    spans.push({ start: left[0].start, length: last.start + last.length - left[0].start });
    i += used;
  }
  return { path, spans };
}

/** The error for a name that cannot exist: a list without such an entry, or a path below a plain value. */
function refuse(at: unknown, { text, segment }: { text: string; segment: Segment }): void {
  const { name } = segment;
  if (isMapping(at)) return;
  if (!Array.isArray(at)) {
    throw fault(text, segment, `there is no key ${name} here: the value above is ${show(at)}, not a map`);
  }
  const names = at.map((entry) => isMapping(entry) ? entry.name : undefined).filter((n) =>
    typeof n === "string"
  );
  const wanted = names.length > 0
    ? `the entries are ${names.join(", ")}`
    : `the list has ${at.length} entries`;
  throw fault(text, segment, `there is no entry ${name} in this list: ${wanted}${didYouMean(name, names)}`);
}

/** One --set on its way down a spec. */
interface Writing {
  readonly root: Readonly<Record<string, unknown>>;
  readonly schema: z.ZodType;
  readonly value: unknown;
  /** The whole path. */
  readonly path: Path;
}

/** A value with another one at a path below it. */
function write(at: unknown, [key, ...below]: Path, writing: Writing): unknown {
  if (key === undefined) return writing.value;
  if (Array.isArray(at)) return at.with(Number(key), write(at[Number(key)], below, writing));
  const { root, schema, path, value } = writing, map = (at ?? {}) as Readonly<Record<string, unknown>>;
  const here = path.slice(0, path.length - below.length), has = Object.hasOwn(map, key);
  const place = (path: Path) => ({ path: componentPath(path), input: componentInput(root, here) });
  const replaces = (below.length === 0 && isOther(map, { key, value })) ||
    (!has && isExclusive(schema, place(here.slice(0, -1))));
  const old = has ? map[key] : below.length > 0 ? presetAt(schema, place(here)) : undefined;
  return Object.fromEntries([...(replaces ? [] : Object.entries(map)), [key, write(old, below, writing)]]);
}

/** Whether a write to `kind` names another component, whose options start afresh. */
function isOther(
  map: Readonly<Record<string, unknown>>,
  { key, value }: { key: string | number; value: unknown },
): boolean {
  return key === "kind" && map.kind !== undefined && map.kind !== value;
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
