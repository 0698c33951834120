import type { AxisRange, SweepSpec } from "../contracts/spec.ts";

/** One coordinate of a sweep: a key that takes a list or a range, or keys that go through their lists together. */
export interface Dimension {
  readonly keys: readonly string[];
  /** For each choice, one value per key; absent for a range. */
  readonly choices?: readonly (readonly unknown[])[];
  readonly range?: AxisRange;
}

/** The dimensions of a sweep, in the order of its axes; zipped axes are one, at the place of the first. */
export function dimensionsOf({ axes, zip }: Pick<SweepSpec, "axes" | "zip">): Dimension[] {
  return Object.entries(axes).flatMap(([key, axis]): Dimension[] => {
    const keys = zip.find((group) => group.includes(key)) ?? [key];
    if (Object.keys(axes).find((k) => keys.includes(k)) !== key) return [];
    if (!Array.isArray(axis)) return [{ keys: [key], range: axis as AxisRange }];
    const lists = keys.map((k) => axes[k] as readonly unknown[]);
    return [{ keys, choices: axis.map((_, i) => lists.map((list) => list[i])) }];
  });
}

/** `key=value` overrides of a point in the unit cube, one coordinate per dimension. */
export function overridesAt(dimensions: readonly Dimension[], point: readonly number[]): string[] {
  return dimensions.flatMap((dimension, i) => {
    const values = valuesAt(dimension, point[i]);
    return dimension.keys.map((key, k) => overrideText(key, values[k]));
  });
}

/** What --set takes to give a key a value. */
export function overrideText(key: string, value: unknown): string {
  return `${key}=${JSON.stringify(value, exact)}`;
}

/** Whole numbers that a double does not keep, digit by digit. */
const exact = (_: string, value: unknown) =>
  typeof value === "bigint" ? (JSON as any).rawJSON(String(value)) : value;

/** Key and value of {@link overrideText}: the value is JSON, so that the first `=` before such is the one between. */
export function cutOverride(text: string): { readonly key: string; readonly value: unknown } {
  for (const { index } of text.matchAll(/=/g)) {
    try {
      return { key: text.slice(0, index), value: JSON.parse(text.slice(index + 1)) };
    } catch {
      // The key goes on.
    }
  }
  return { key: text, value: undefined };
}

/** Index of the choice at a coordinate in [0, 1). */
export function choiceAt(u: number, choices: number): number {
  return Math.min(choices - 1, Math.floor(u * choices));
}

function valuesAt({ choices, range }: Dimension, u: number): readonly unknown[] {
  return choices ? choices[choiceAt(u, choices.length)] : [rangeValue(range!, u)];
}

/** The value at a coordinate, with its unit; six digits, so that a trial's name can be read, between the ends. */
export function rangeValue({ min, max, scale, integer }: AxisRange, u: number): unknown {
  const low = split(min), high = split(max), stretch = integer ? 0.5 : 0;
  const [from, to] = [low.number - stretch, high.number + stretch];
  const raw = scale === "log" ? from * (to / from) ** u : from + (to - from) * u;
  const rounded = integer ? Math.round(raw) : Number(raw.toPrecision(6));
  const number = Math.min(high.number, Math.max(low.number, rounded));
  return low.unit === undefined ? number : `${number} ${low.unit}`;
}

/** Number and unit of an end of a range: 0.1, or "5 dB". */
export function split(end: number | string): { number: number; unit?: string } {
  if (typeof end === "number") return { number: end };
  const [, number, unit] = /^\s*([-+.\d][\d.eE+-]*)\s*(.*?)\s*$/.exec(end) ?? [];
  return { number: Number(number), unit };
}
