import { stringify } from "@std/yaml";
import type { LoadedSpec } from "./load.ts";
import { isMapping, type Path } from "./path.ts";

/** A line of the resolved spec. `path` is the path of the value that it shows; its origin is written as a comment. */
interface Line {
  readonly text: string;
  readonly path?: Path;
}

/** The largest column at which comments begin. Longer lines have their comment further right. */
const WIDEST = 72;

/**
 * The resolved spec as YAML, quantities in SI units, every value with who wrote it: `# base.yaml:12`, `# --set` or
 * `# default`.
 */
export function resolvedText({ spec, origin }: Pick<LoadedSpec, "spec" | "origin">): string {
  const lines = linesOf(spec, []),
    width = Math.min(WIDEST, Math.max(...lines.map(({ text }) => text.length)));
  return lines.map(({ text, path }) => path ? `${text.padEnd(width)}  # ${origin(path)}` : text).join("\n");
}

function linesOf(value: unknown, path: Path): Line[] {
  const entries: [string, unknown, Path][] = Array.isArray(value)
    ? value.map((entry, i) => ["-", entry, [...path, i]])
    : kindFirst(value as object).filter(([, entry]) => entry !== undefined)
      .map(([key, entry]) => [`${scalar(key)}:`, entry, [...path, key]]);
  return entries.flatMap(([head, entry, place]) => {
    if (isFlat(entry)) return [{ text: `${head} ${flow(entry)}`, path: place }];
    const [first, ...rest] = linesOf(entry, place), inner = rest.map(indented);
    return head === "-"
      ? [{ ...first, text: `- ${first.text}` }, ...inner]
      : [{ text: head }, indented(first), ...inner];
  });
}

/** Schemas add the kind to a component's options as the last key. */
function kindFirst(map: object): [string, unknown][] {
  return Object.entries(map).sort(([a], [b]) => Number(b === "kind") - Number(a === "kind"));
}

function indented({ text, path }: Line): Line {
  return { text: `  ${text}`, path };
}

/** Scalars, lists of such, and what is empty take one line. */
function isFlat(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((entry) => !isMapping(entry) && isFlat(entry));
  return !isMapping(value) || Object.keys(value).length === 0;
}

function flow(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(flow).join(", ")}]` : isMapping(value) ? "{}" : scalar(value);
}

/** As YAML, quoted where a list in one line needs it. */
function scalar(value: unknown): string {
  if (typeof value === "string" && /[,[\]{}\n]/.test(value)) return JSON.stringify(value);
  return stringify(value).trimEnd();
}
