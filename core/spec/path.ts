/** Keys and list indices from the root of a spec. */
export type Path = readonly (string | number)[];

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The value at a path of plain data; undefined where the path leaves it. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === "object" && Object.hasOwn(at, key) ? (at as any)[key] : undefined,
    value,
  );
}

/** Plain data with another value at a path that it has. */
export function withValueAt(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const inner = withValueAt(valueAt(root, [key]), rest, value);
  if (Array.isArray(root)) return root.with(Number(key), inner);
  // Entry by entry: no key, whatever its name, reaches the prototype.
  return Object.fromEntries(Object.entries(root as object).map(([k, v]) => [k, k === key ? inner : v]));
}

/** A shift's component, and the tests' prior, have the schema of the nominal component. */
export function componentPath(path: Path): Path {
  if (path[0] === "shifts") return path.slice(2);
  return path[0] === "evaluation" && path[1] === "prior" ? path.slice(1) : path;
}

/** A spec in which the component of a path has the kind that the path's shift, or the tests' prior, gives it. */
export function componentInput(root: unknown, path: Path): unknown {
  const place = path.slice(0, path[0] === "shifts" ? 3 : 2), [slot] = componentPath(path);
  const component = componentPath(path) === path ? undefined : valueAt(root, place);
  return valueAt(component, ["kind"]) === undefined ? root : { ...root as object, [slot]: component };
}
