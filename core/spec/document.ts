import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
} from "yaml";
import type { SpecIssue } from "../contracts/spec.ts";
import { SpecError } from "./issues.ts";
import type { Path } from "./path.ts";

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A spec as written: its plain value, and where each key and value stands. */
export interface SpecDocument {
  readonly file: string;
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
  has(path: Path): boolean;
  /** Place of a path's value (or key); of its nearest ancestor where the path is absent. */
  place(path: Path, options?: { onKey?: boolean }): Place;
}

/** Reads YAML 1.2 with merge keys; syntax errors, duplicate keys and unknown tags are issues. */
export function readDocument(file: string, text: string): SpecDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true, logLevel: "silent" });
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = firstOfEach([...document.errors, ...document.warnings]);
  if (faults.length > 0) {
    throw new SpecError(faults.map((fault) => ({ ...placeOf(fault.pos[0]), ...syntax(fault, text) })));
  }
  const value = plainValue(document, { file, line: 1, column: 1, path: "" });
  const strange = unfit(document.contents as Node);
  if (strange) throw new SpecError([{ ...placeOf(strange.at), path: "", message: strange.message }]);
  return {
    file,
    text,
    value,
    has: (path) => find(document, path) !== undefined,
    place(path, { onKey = false } = {}) {
      for (let depth = path.length; depth > 0; depth--) {
        const found = find(document, path.slice(0, depth));
        const whole = depth === path.length && !onKey;
        const range = found &&
          ((whole && offsetOf(found.value)) || offsetOf(found.key) || offsetOf(found.value));
        if (range) return placeOf(range[0]);
      }
      return placeOf(document.contents?.range?.[0] ?? 0);
    },
  };
}

/** One slip of indentation makes the same complaint about every line below. */
function firstOfEach(faults: readonly YAMLError[]): YAMLError[] {
  return faults.filter((fault, i) => faults.findIndex(({ message }) => message === fault.message) === i);
}

/** Levels of maps and lists at most. */
const MOST_LEVELS = 64;

/** A key that programs give a meaning of their own, or a value so deep that no schema goes there. */
function unfit(node: Node | null, level = 1): { at: number; message: string } | undefined {
  if (!isMap(node) && !isSeq(node)) return undefined;
  if (level > MOST_LEVELS) {
    return { at: node.range![0], message: `is nested too deep: a spec has at most ${MOST_LEVELS} levels` };
  }
  if (isSeq(node)) return (node.items as Node[]).map((item) => unfit(item, level + 1)).find(Boolean);
  const pairs = node.items as Pair<Node, Node>[];
  const strange = pairs.find(({ key }) => isScalar(key) && key.value === "__proto__");
  if (strange) return { at: strange.key.range![0], message: "__proto__ is not a key that a spec may have" };
  return pairs.map(({ value }) => unfit(value, level + 1)).find(Boolean);
}

function plainValue(document: Document, at: Omit<SpecIssue, "message">): Record<string, unknown> {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    throw new SpecError([{ ...at, message: `cannot be read: ${(error as Error).message}` }]);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const found = value === null || value === undefined ? "the spec is empty" : "the spec is not a map";
    throw new SpecError([{
      ...at,
      message: `${found}: it must be a map of keys such as name, seed and prior`,
    }]);
  }
  return value as Record<string, unknown>;
}

interface Found {
  readonly key?: Node;
  readonly value?: Node;
}

/** The nodes of a path, through aliases and merge keys. */
function find(document: Document, path: Path): Found | undefined {
  let found: Found | undefined = { value: document.contents as Node };
  for (const key of path) {
    found = found.value && child(document, { node: found.value, key });
    if (!found) return undefined;
  }
  return found;
}

function child(document: Document, { node, key }: { node: Node; key: string | number }): Found | undefined {
  const at = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(at)) {
    const value = at.items[Number(key)] as Node | undefined;
    return value && { value };
  }
  if (!isMap(at)) return undefined;
  const pairs = at.items as Pair<Node, Node>[];
  const pair = pairs.find((p) => isScalar(p.key) && String(p.key.value) === String(key));
  if (pair) return { key: pair.key, value: pair.value ?? undefined };
  const merged = pairs.filter((p) => isScalar(p.key) && String(p.key.source ?? p.key.value) === "<<");
  return merged.flatMap((p) => isSeq(p.value) ? p.value.items as Node[] : [p.value!])
    .map((source) => child(document, { node: source, key })).find(Boolean);
}

/** An implicit null ("key:" with nothing behind) has no place of its own. */
function offsetOf(node: Node | undefined): readonly number[] | undefined {
  return node?.range && node.range[1] > node.range[0] ? node.range : undefined;
}

function syntax({ message, pos: [start] }: YAMLError, text: string): { path: string; message: string } {
  const [first] = message.split("\n");
  if (first !== "Map keys must be unique") return { path: "", message: `YAML: ${first}` };
  const [key] = /^[^:\n]*/.exec(text.slice(start))!;
  return { path: key, message: "is there twice: keys must be unique in a map" };
}
