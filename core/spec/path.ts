/** Keys and list indices from the root of a spec. */
export type Path = readonly (string | number)[];

/** The value at a path of plain data; undefined where the path leaves it. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === "object" && Object.hasOwn(at, key) ? (at as any)[key] : undefined,
    value,
  );
}
