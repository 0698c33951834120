import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from "yaml";
import type { SpecIssue } from "../contracts/spec.ts";
import { SpecError } from "./issues.ts";
import { characterFault, structureFault, syntaxFaults, type TextFault } from "./yaml_faults.ts";
import type { Path } from "./path.ts";
import { EXACT, narrowIntegers } from "./yaml_numbers.ts";

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
  const starts = lineStarts(text);
  const placeOf = (offset: number): Place => {
    const line = Math.max(1, starts.findLastIndex((start) => start <= offset) + 1);
    return { file, line, column: offset - starts[line - 1] + 1 };
  };
  const refuse = (faults: readonly TextFault[]): never => {
    const issues = faults.map(({ at, key = "", message }) => ({ ...placeOf(at), path: key, message }));
    throw new SpecError(issues);
  };
  const odd = characterFault(text);
  if (odd) refuse([odd]);
  const document = parseDocument(text, { ...EXACT, prettyErrors: false, merge: true, logLevel: "error" });
  const faults = syntaxFaults(document, text);
  if (faults.length > 0) refuse(faults);
  const strange = structureFault(document);
  if (strange) refuse([strange]);
  narrowIntegers(document);
  const value = plainValue(document, { file, line: 1, column: 1, path: "" });
  return {
    file,
    text,
    value,
    has: (path) => find(document, path) !== undefined,
    place(path, { onKey = false } = {}) {
      for (let depth = path.length; depth > 0; depth--) {
        const nodes = find(document, path.slice(0, depth));
        const whole = depth === path.length && !onKey;
        const range = nodes &&
          ((whole && offsetOf(nodes.value)) || offsetOf(nodes.key) || offsetOf(nodes.value));
        if (range) return placeOf(range[0]);
      }
      return placeOf(document.contents?.range?.[0] ?? 0);
    },
  };
}

/** Where each line begins; the parser loses count after some faults. */
function lineStarts(text: string): number[] {
  return [0, ...text.matchAll(/\n/g).map(({ index }) => index + 1)];
}

function plainValue(document: Document, at: Omit<SpecIssue, "message">): Record<string, unknown> {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    const bomb = /^Excessive alias count/.test((error as Error).message);
    const why = bomb ? "its aliases repeat too much: write out what they repeat" : (error as Error).message;
    throw new SpecError([{ ...at, message: `cannot be read: ${why}` }]);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const what = value === null || value === undefined ? "the spec is empty" : "the spec is not a map";
    throw new SpecError([{
      ...at,
      message: `${what}: it must be a map of keys such as name, seed and prior`,
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
  let nodes: Found | undefined = { value: document.contents as Node };
  for (const key of path) {
    nodes = nodes.value && child(document, { node: nodes.value, key });
    if (!nodes) return undefined;
  }
  return nodes;
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
