import type { z } from "zod";
import type { SpecIssue } from "../contracts/spec.ts";
import { isForeignNumber, PLAIN_DIGITS } from "../base/units.ts";
import { type Path, valueAt } from "./path.ts";
import { pathText } from "./path_text.ts";
import { branchOf, fieldsAt, schemaAt, unwrapped } from "./schema_fields.ts";
import { didYouMean } from "../base/suggest.ts";

/** A fault before its place in a file is known. `onKey`: the key itself is at fault, not its value. */
export interface Fault {
  readonly path: Path;
  readonly message: string;
  readonly onKey?: boolean;
}

/** A spec that cannot be used: all its issues, one line each. */
export class SpecError extends Error {
  constructor(readonly issues: readonly SpecIssue[]) {
    super(issues.map(formatIssue).join("\n"));
    this.name = "SpecError";
  }
}

/** `file:line:column: key.path: message`, then the offending text with a caret where there is an excerpt. */
export function formatIssue({ file, line, column, path, message, excerpt }: SpecIssue): string {
  const place = `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${message}`;
  if (!excerpt) return place;
  const caret = " ".repeat(column - 1) + "^".repeat(Math.max(1, excerpt.length));
  return `${place}\n    ${excerpt.text}\n    ${caret}`;
}

/** Sentences for what zod found: unknown keys apart, each with the nearest known key. */
export function faultsOf(
  error: z.ZodError,
  { schema, input }: { schema: z.ZodType; input: unknown },
): Fault[] {
  const issues = error.issues.flatMap((issue) => meantBranch(issue, { schema, input }));
  const strange = issues.filter((issue) => issue.code === "unrecognized_keys");
  return issues.flatMap((issue) => {
    const path = pathOf(issue);
    if (issue.code === "unrecognized_keys") {
      const keys = fieldsAt(schema, { path, input });
      return issue.keys.map((key) => ({
        path: [...path, key],
        onKey: true,
        message: isDecimals(key, valueAt(input, path))
          ? `stands behind a comma, which ends a value: ${PLAIN_DIGITS}`
          : `is not a key here: the keys are ${keys.join(", ")}${didYouMean(key, keys)}`,
      }));
    }
    // What a map as a whole lacks is the fault of its misspelt key.
    const follows = issue.code === "custom" && strange.some((other) => other.path.join() === path.join());
    return follows || isCut(path, input) ? [] : [{ path, message: sentence(issue, valueAt(input, path)) }];
  });
}

/** Whether a key is the end of a number with a decimal comma: `{ velocity: 2,5 km/s }` has "5 km/s", without a value. */
function isDecimals(key: string, map: unknown): boolean {
  return /^\d+( *[A-Za-z]\S*)?$/.test(key) && valueAt(map, [key]) === null;
}

/** Whether a number stands beside such a key: what it lacks is the comma's fault. */
function isCut(path: Path, input: unknown): boolean {
  const map = valueAt(input, path.slice(0, -1));
  return typeof valueAt(input, path) === "number" && map !== null && typeof map === "object" &&
    Object.keys(map).some((key) => isDecimals(key, map));
}

/** The issues of the branch that a value means, in place of one about all branches of a union. */
function meantBranch(
  issue: z.core.$ZodIssue,
  { schema, input }: { schema: z.ZodType; input: unknown },
): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const path = pathOf(issue), union = schemaAt(schema, { path, input });
  const branch = union && branchOf(unwrapped(union), valueAt(input, path));
  if (branch === undefined) return [issue];
  return issue.errors[branch].flatMap((inner) =>
    meantBranch({ ...inner, path: [...issue.path, ...inner.path] }, { schema, input })
  );
}

function pathOf({ path }: z.core.$ZodIssue): Path {
  return path.map((key) => typeof key === "symbol" ? String(key) : key);
}

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code.startsWith("too_") && isOwn(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      if (!isOwn(issue.message)) return wrongType(issue.expected, value);
      return value === undefined ? `is missing: it ${issue.message}` : issue.message;
    case "invalid_value":
      return oneOfValues(issue.values.map(String), value);
    case "invalid_union":
      return issue.discriminator ? wrongKind(issue, value) : `is ${show(value)}: ${alternatives(issue)}`;
    case "too_small":
      return limit(issue.origin, {
        value,
        wanted: `at least ${issue.minimum}`,
        above: `above ${issue.minimum}`,
        issue,
      });
    case "too_big":
      return limit(issue.origin, {
        value,
        wanted: `at most ${issue.maximum}`,
        above: `below ${issue.maximum}`,
        issue,
      });
    case "not_multiple_of":
      return `is ${show(value)}: it must be a multiple of ${issue.divisor}`;
    default:
      return isOwn(issue.message) ? issue.message : `is ${show(value)}: ${issue.message}`;
  }
}

/** zod's own texts start so; every other text was written by a schema's author. */
function isOwn(message: string): boolean {
  return !/^(Invalid|Unrecognized|Too (small|big))/.test(message);
}

const TYPES: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
  tuple: "a list",
};

function wrongType(expected: string, value: unknown): string {
  const wanted = TYPES[expected] ?? expected;
  if (value === undefined) return `is missing: it must be ${wanted}`;
  if (typeof value === "bigint" && /number/.test(wanted)) return tooLong(value);
  if (typeof value === "number" && !Number.isFinite(value)) return `is ${value}: it must be a finite number`;
  return `is ${show(value)}: it must be ${wanted}${typeHint(expected, value)}`;
}

/** A whole number of more digits than any setting keeps. */
function tooLong(value: bigint): string {
  const { MAX_SAFE_INTEGER: most } = Number;
  return `is ${value}: it must be ${value > 0 ? `at most ${most}` : `at least ${-most}`}`;
}

const TRUTHS: Readonly<Record<string, boolean>> = { yes: true, on: true, no: false, off: false };

/** What a text that YAML 1.1 took for true or false, or for another type, should be. */
function typeHint(expected: string, value: unknown): string {
  if (typeof value === "string" && (expected === "number" || expected === "int")) return numberHint(value);
  const truth = expected === "boolean" ? TRUTHS[String(value).toLowerCase()] : undefined;
  return truth === undefined ? "" : `; did you mean ${truth}?`;
}

function numberHint(value: string): string {
  if (isForeignNumber(value)) return `: ${PLAIN_DIGITS}`;
  if (/^[-+.\d][\d.eE+-]* *[A-Za-z]{1,2}[A-Za-z/^\d]*$/.test(value) && !/^0[a-z]/i.test(value)) {
    return " without a unit";
  }
  return /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(value) ? " without quotes" : "";
}

function oneOfValues(values: readonly string[], value: unknown): string {
  const wanted = values.length === 1 ? values[0] : `one of ${values.join(", ")}`;
  if (value === undefined) return `is missing: it must be ${wanted}`;
  return `is ${show(value)}: it must be ${wanted}${
    typeof value === "string" ? didYouMean(value, values) : ""
  }`;
}

function wrongKind(issue: z.core.$ZodIssueInvalidUnion, value: unknown): string {
  // A kind that may be left out is among the options as undefined.
  const kinds = ((issue as { options?: readonly unknown[] }).options ?? []).filter((kind) =>
    kind !== undefined
  )
    .map(String);
  return oneOfValues(kinds, value);
}

/** What each branch of a union wants, for values that fit none. */
function alternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  const wants = issue.errors.flatMap((branch) => branch.slice(0, 1)).map((first) => {
    if (first.path.length > 0) return `a value whose entry ${pathText(pathOf(first))} fits`;
    if (first.code === "invalid_type") return TYPES[first.expected] ?? first.expected;
    return first.code === "invalid_value" ? first.values.join(", or ") : first.message;
  });
  return `it must be ${[...new Set(wants)].join(", or ")}`;
}

function limit(
  origin: string,
  { value, wanted, above, issue }: {
    value: unknown;
    wanted: string;
    above: string;
    issue: { inclusive?: boolean; exact?: boolean };
  },
): string {
  const bound = issue.inclusive === false
    ? above
    : issue.exact
    ? wanted.replace(/at (least|most)/, "exactly")
    : wanted;
  if (origin === "array") {
    const { length } = value as unknown[];
    return `has ${length === 1 ? "1 entry" : `${length} entries`}: it must have ${bound}`;
  }
  if (origin === "string" && value === "") return "is empty: it must be text";
  if (origin === "string") return `is ${show(value)}: it must have ${bound} characters`;
  return `is ${show(value)}: it must be ${bound}`;
}

/** Without what would move a terminal's cursor or turn its letters round. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\ufffd");
}

/** A value as the reader wrote it, shortened. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (typeof value === "string") {
    return `"${visible(value.length > 40 ? value.slice(0, 37) + "..." : value)}"`;
  }
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : String(value);
}
