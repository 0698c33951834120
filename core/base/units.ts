import { z } from "zod";

/** Written units of each dimension, as decimal exponents to SI; other spellings of them; how a value is written. */
const DIMENSIONS = {
  length: { units: { m: 0, km: 3, cm: -2 }, example: "12.5 m" },
  velocity: { units: { "m/s": 0, "km/s": 3 }, example: "2.5 km/s" },
  frequency: { units: { Hz: 0, kHz: 3 }, example: "30 Hz" },
  time: {
    units: { s: 0, ms: -3, us: -6 },
    spellings: { "\u00b5s": "us", "\u03bcs": "us" },
    example: "0.75 s",
  },
  level: { units: { dB: 0 }, example: "5 dB" },
  slowness2: { units: { "s^2/m^2": 0, "s^2/km^2": -6 }, example: "2.5e-9 s^2/m^2" },
} as const;

export type Dimension = keyof typeof DIMENSIONS;
type Unit<D extends Dimension> = keyof (typeof DIMENSIONS)[D]["units"] & string;
/** A quantity as it is written in a spec: a number, a space, a unit. */
type Written<D extends Dimension> = `${number} ${Unit<D>}`;

/** Limits are inclusive; `positive` is an exclusive lower limit of zero. */
interface Limits<D extends Dimension> {
  readonly min?: Written<D>;
  readonly max?: Written<D>;
  readonly positive?: boolean;
}

/** Schema that reads the written form and gives the SI number (m, m/s, Hz, s, dB, s^2/m^2). */
type Quantity = z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>;

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`;

/** Schema of a physical quantity. `quantity("length", { positive: true })` reads "12.5 m" as 12.5. */
export function quantity<D extends Dimension>(
  dimension: D,
  options: Limits<D> & { readonly default: Written<D> },
): z.ZodPrefault<Quantity>;
export function quantity<D extends Dimension>(dimension: D, limits?: Limits<D>): Quantity;
export function quantity<D extends Dimension>(
  dimension: D,
  { default: preset, ...limits }: Limits<D> & { readonly default?: Written<D> } = {},
): Quantity | z.ZodPrefault<Quantity> {
  const { units, example } = DIMENSIONS[dimension];
  const names = [...Object.keys(units), ...Object.keys(spellingsOf(dimension))];
  const pattern = `^${NUMBER} *(?:${names.map(escape).join("|")})$`;
  const schema = z.string({ error: ({ input }) => bareNumber(dimension, input) })
    .meta({ examples: [example] })
    .transform((text, context) => {
      const fault = faultOf(dimension, { text, limits });
      if (fault) context.issues.push({ code: "custom", message: fault, input: text });
      return fault ? z.NEVER : si(dimension, text)!;
    })
    .meta({ pattern, unit: names[0], ...limits });
  return preset === undefined ? schema : schema.prefault(preset);
}

/** Digits of a written value behind the point, and in all at least and at most. */
const DECIMALS = 3, FEWEST = 3, MOST = 6;

/**
 * An SI value as a spec has it, with no more digits than people read: three behind the point, three to six in all. A
 * limit is rounded to the side that keeps it, so that what is printed is accepted.
 */
export function written<D extends Dimension>(
  dimension: D,
  value: number,
  unit: Unit<D>,
  limit?: "at most" | "at least",
): Written<D> {
  const scale = (DIMENSIONS[dimension].units as Record<string, number>)[unit], shown = value / 10 ** scale;
  const size = shown === 0 ? 0 : Math.floor(Math.log10(Math.abs(shown))) + 1;
  const places = Math.min(MOST, Math.max(FEWEST, size + DECIMALS)) - size;
  const text = (steps: number) => `${Number(`${steps}e${-places}`)} ${unit}` as Written<D>;
  const nearest = Math.round(shown * 10 ** places);
  const keeps = (steps: number) => {
    const back = si(dimension, text(steps))!;
    return limit === undefined || (limit === "at most" ? back <= value : back >= value);
  };
  return text([nearest, nearest - 1, nearest + 1].find(keeps) ?? nearest);
}

/** The SI value of a written quantity, correctly rounded; undefined where it is not one of the dimension. */
function si(dimension: Dimension, text: string): number | undefined {
  const { digits, unit: spelt } = split(text), units: Record<string, number> = DIMENSIONS[dimension].units;
  const unit = spellingsOf(dimension)[spelt] ?? spelt;
  if (digits === undefined || !Object.hasOwn(units, unit)) return undefined;
  const [mantissa, exponent = "0"] = digits.toLowerCase().split("e");
  return Number(`${mantissa}e${Number(exponent) + units[unit]}`);
}

/** The two signs for micro, of the keyboard and of the Greek alphabet, look the same. */
function spellingsOf(dimension: Dimension): Readonly<Record<string, string>> {
  const { spellings = {} } = DIMENSIONS[dimension] as { spellings?: Readonly<Record<string, string>> };
  return spellings;
}

function split(text: string): { digits?: string; unit: string } {
  const match = new RegExp(`^(${NUMBER})\\s*(.*)$`).exec(text.trim());
  return match ? { digits: match[1], unit: match[2] } : { unit: "" };
}

function bareNumber(dimension: Dimension, input: unknown): string {
  const [unit] = Object.keys(DIMENSIONS[dimension].units), { example } = DIMENSIONS[dimension];
  if (typeof input === "number" && Number.isFinite(input)) {
    return `is ${input} without a unit: write ${input} ${unit}`;
  }
  return `must be a ${nameOf(dimension)} with its unit, like ${example}`;
}

function faultOf<D extends Dimension>(
  dimension: D,
  { text, limits }: { text: string; limits: Limits<D> },
): string | undefined {
  const value = si(dimension, text);
  if (value === undefined) return unreadable(dimension, text);
  if (!Number.isFinite(value)) return `is ${text}: it must be finite`;
  const { min, max, positive } = limits;
  if (positive && value <= 0) return `is ${text}: it must be above 0`;
  if (min !== undefined && value < si(dimension, min)!) return `is ${text}: it must be at least ${min}`;
  if (max !== undefined && value > si(dimension, max)!) return `is ${text}: it must be at most ${max}`;
}

function unreadable(dimension: Dimension, text: string): string {
  const { units, example } = DIMENSIONS[dimension], names = Object.keys(units);
  if (isForeignNumber(text)) return `is "${text}": ${PLAIN_DIGITS}, like ${example}`;
  const { digits, unit } = split(text.replace(/^[\u2212\u2013]\s*/, "-"));
  if (digits === undefined) {
    return `is "${text}": it must be a ${nameOf(dimension)} with its unit, like ${example}`;
  }
  if (unit === "") return `is "${text}" without a unit: write ${text.trim()} ${names[0]}`;
  const meant = names.find((n) => n.toLowerCase() === plainUnit(unit));
  const hint = meant
    ? `; did you mean ${digits} ${meant}?`
    : /^f(ee)?t\b/i.test(unit)
    ? "; 1 ft is 0.3048 m"
    : "";
  return `is "${text}": the units of ${nameOf(dimension)} are ${names.join(", ")}${hint}`;
}

export const PLAIN_DIGITS = "a number has a point for its decimals and nothing between its thousands";

/** A number with a decimal comma, or with something between its thousands. */
export function isForeignNumber(text: string): boolean {
  return /^[-+]?\d+(?:[.,'\u2019_]\d+)*[,'\u2019_]\d+/.test(text) || /^[-+]?\d+(?:[.,]\d+){2,}/.test(text);
}

/** Names of units as people write them, and what they stand for. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\s+per\s+/, "/"],
  [/met(?:er|re)s?/, "m"],
  [/kilo/, "k"],
  [/milli/, "m"],
  [/micro/, "u"],
  [/sec(?:ond)?s?\b/, "s"],
  [/hertz/, "hz"],
  [/decibels?/, "db"],
  [/[\s\u00b7*]*s(?:\^?-1|\u207b\u00b9)$/, "/s"],
  [/\s+|\.$/g, ""],
];

function plainUnit(unit: string): string {
  return WORDS.reduce((text, [word, sign]) => text.replace(word, sign), unit.toLowerCase());
}

function nameOf(dimension: Dimension): string {
  return dimension === "slowness2" ? "squared slowness" : dimension;
}

function escape(text: string): string {
  return text.replace(/[\^$.*+?()[\]{}|\\]/g, "\\$&");
}

/**
 * Schema of exclusive alternatives, written as a map with exactly one key: `level: { snr: 5 dB }`. An override
 * by another alternative replaces the map instead of joining it.
 */
export function oneOf<S extends z.ZodRawShape>(alternatives: S) {
  const names = Object.keys(alternatives).join(", ");
  const optional = Object.fromEntries(
    Object.entries(alternatives).map(([name, schema]) => [name, z.optional(schema)]),
  ) as { [K in keyof S]: z.ZodOptional<S[K]> };
  return z.strictObject(optional).refine(
    (value) => Object.keys(value).length === 1,
    {
      error: ({ input }) =>
        `must have exactly one of ${names}; it has ${Object.keys(input as object).join(" and ") || "none"}`,
    },
  ).meta({ exclusive: true, minProperties: 1, maxProperties: 1 });
}

/** Schema of the name of a file, absolute or relative to the spec's folder; `extends` moves it with its spec. */
export function filePath(): z.ZodString {
  return z.string().min(1).meta({ file: true });
}

/** Adds the sentence that `plugins` and editors show for a field. */
export function about<T extends z.ZodType>(schema: T, text: string): T {
  return schema.describe(text);
}
