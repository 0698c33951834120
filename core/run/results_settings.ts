import { canonicalJson } from "./files.ts";

/** A setting's value as it is compared and shown; lists as JSON. */
export type Scalar = string | number | boolean | null;

/** `training.pairs` -> 1024. */
export type Settings = Readonly<Record<string, Scalar>>;

/**
 * A resolved spec by dotted paths. Scenarios are complete specs of the problem: of them only what differs from the
 * spec's own problem is listed, as `scenarios.<name>.noise.level.scale`.
 */
export function settingsOf({ scenarios = [], ...spec }: Record<string, any>): Settings {
  const own = flatten(spec), listed: Record<string, Scalar> = { ...own };
  for (const { name, ...problem } of scenarios) {
    for (const [path, value] of Object.entries(flatten(problem))) {
      if (own[path] !== value) listed[`scenarios.${name}.${path}`] = value;
    }
  }
  return listed;
}

function flatten(value: unknown, path = ""): Record<string, Scalar> {
  if (Array.isArray(value)) return { [path]: canonicalJson(value) };
  if (value === null || typeof value !== "object") return { [path]: (value ?? null) as Scalar };
  const entries = Object.entries(value).map(([key, part]) => flatten(part, path ? `${path}.${key}` : key));
  return Object.assign({}, ...entries);
}
