import { isAbsolute, join, relative } from "node:path";
import type { z } from "zod";
import type { Spec } from "../contracts/spec.ts";
import type { Grammar } from "./grammar.ts";
import { mergeOverride } from "./merge.ts";
import { type Origin, originAt } from "./origin.ts";
import { componentInput, componentPath, isMapping, type Path, valueAt, withValueAt } from "./path.ts";
import { readPath, segmentsOf } from "./path_text.ts";
import { PROBLEM_SLOTS } from "./problem_slots.ts";
import { isFile, partsOf, schemaAt } from "./schema_fields.ts";
import { hasAxes } from "./sweep_schema.ts";

type Written = Readonly<Record<string, unknown>>;

/** Paths of the options of a value that name files, as its schema marks them. */
function filesIn(schema: z.ZodType, value: unknown): Path[] {
  if (typeof value === "string") return isFile(schema) ? [[]] : [];
  return partsOf(schema, value).flatMap(({ key, schema, value }) =>
    filesIn(schema, value).map((rest) => [key, ...rest])
  );
}

/** The files that a resolved spec names, as it names them, without repetition. */
export function filesOf(
  spec: Spec,
  { schema, components }: Pick<Grammar, "schema" | "components">,
): string[] {
  const { scenarios, ...rest } = spec;
  const parts: [z.ZodType, unknown][] = [
    [schema, rest],
    ...scenarios.flatMap((scenario) =>
      PROBLEM_SLOTS.map((slot): [z.ZodType, unknown] => [components[slot], scenario[slot]])
    ),
  ];
  const names = parts.flatMap(([schema, value]) =>
    filesIn(schema, value).map((path) => valueAt(value, path) as string)
  );
  return [...new Set(names)];
}

/** Relative paths that inherited files wrote, as paths from the spec's own folder. */
export function rebased(
  written: Written,
  { origin, folder, grammar }: { origin: Origin; folder: string; grammar: Grammar },
): Written {
  return writtenFiles(written, grammar).reduce<Written>((all, path) => {
    const name = valueAt(written, path) as string, from = originAt(origin, path).origin.source.folder;
    if (from === folder || isAbsolute(name)) return all;
    return withValueAt(all, path, relative(folder, join(from, name))) as Written;
  }, written);
}

/** Paths of all options that name files in a spec as written, those of overrides and sweeps too. */
function writtenFiles(written: Written, { schema, components }: Grammar): Path[] {
  const shifts = Array.isArray(written.shifts) ? written.shifts : [];
  const test = valueAt(written, ["evaluation", "prior"]);
  const overrides = PROBLEM_SLOTS.flatMap((slot): Path[] => {
    const layered = (places: readonly Path[]) => {
      const top = places[places.length - 1], over = valueAt(written, top);
      if (over === undefined) return [];
      const merged = places.map((place) => valueAt(written, place)).filter((layer) => layer !== undefined)
        .reduce((below, above) => mergeOverride(below, above, { schema: components[slot] }), written[slot]);
      return filesIn(components[slot], merged).filter((path) => typeof valueAt(over, path) === "string")
        .map((path) => [...top, ...path]);
    };
    const below: Path[] = slot === "prior" && test !== undefined ? [["evaluation", "prior"]] : [];
    return [
      ...(below.length > 0 ? layered(below) : []),
      ...shifts.flatMap((_, i) => layered([...below, ["shifts", i, slot]])),
    ];
  });
  return [...filesIn(schema, written), ...overrides, ...sweptFiles(written, schema)];
}

function sweptFiles(written: Written, schema: z.ZodType): Path[] {
  const place = hasAxes(written.sweep) ? ["sweep", "axes"] : ["sweep"];
  const axes = valueAt(written, place);
  return Object.entries(isMapping(axes) ? axes : {}).flatMap(([key, values]) => {
    const path = readPath(segmentsOf(key) ?? [], { root: written, schema })?.path ?? [];
    const input = componentInput(written, path),
      field = schemaAt(schema, { path: componentPath(path), input });
    if (!field || !Array.isArray(values)) return [];
    return values.flatMap((value, i) => filesIn(field, value).map((path) => [...place, key, i, ...path]));
  });
}
