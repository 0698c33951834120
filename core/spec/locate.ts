import type { SpecIssue } from "../contracts/spec.ts";
import type { Fault } from "./issues.ts";
import { chainText, isWritten, type Origin, originAt, placeOf } from "./origin.ts";
import { type Override, spanOf } from "./overrides.ts";
import { type Path, valueAt } from "./path.ts";
import { pathText } from "./path_text.ts";

/** Where the parts of a spec come from: files, and --set over them. */
interface Sources {
  readonly written: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
  readonly overrides: readonly Override[];
}

/** Gives faults their file, line and column, or their column in a --set. */
export function locator({ written, origin, overrides }: Sources): (fault: Fault) => SpecIssue {
  return (fault) => {
    const path = pathText(fault.path, written);
    for (const override of overrides.toReversed()) {
      const span = spanOf(override, { ...fault, written: isWritten(origin, fault.path) });
      if (!span) continue;
      const excerpt = { text: override.text, length: span.length };
      return { file: "--set", line: 1, column: span.start + 1, path, message: fault.message, excerpt };
    }
    const { extendedBy } = originAt(origin, fault.path).origin.source;
    const message = fault.message + chainText(extendedBy);
    return { ...placeOf(origin, fault.path, fault), path, message };
  };
}

/** Says who wrote a value of the resolved spec: "base.yaml:12", "--set" or "default". */
export function originTeller({ written, origin, overrides }: Sources): (path: Path) => string {
  return (path) => {
    const place = writtenPaths(path, written).find((candidate) => valueAt(written, candidate) !== undefined);
    if (!place) return "default";
    const set = overrides.some((override) => override.path.every((key, i) => key === place[i]));
    if (set) return "--set";
    const { file, line } = placeOf(origin, place);
    return `${file}:${line}`;
  };
}

/** Where a value of the resolved spec may have been written, the strongest first. */
function writtenPaths(path: Path, written: unknown): Path[] {
  const [section, index, slot, ...rest] = path;
  if (section !== "scenarios") return [path];
  if (slot === "name") return [["shifts", Number(index) - 1, slot]];
  const nominal = [slot, ...rest];
  const test = slot === "prior" ? [["evaluation", ...nominal]] : [];
  const shift = Number(index) > 0 ? [["shifts", Number(index) - 1, ...nominal]] : [];
  const layers = [...shift, ...test, nominal];
  // What lies below another kind was replaced by it.
  const kinds = layers.map((place) =>
    valueAt(written, [...place.slice(0, place.length - rest.length), "kind"])
  );
  const other = kinds.findIndex((kind) => kind !== undefined && kind !== kinds.at(-1));
  return other < 0 ? layers : layers.slice(0, other + 1);
}
