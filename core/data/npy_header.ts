import { NUMBER_CODES, type NumberCode } from "./numbers.ts";

/** What the header of a .npy file says. */
interface NpyHeader {
  readonly code: NumberCode;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Reads the header, a Python literal: a dictionary of `descr`, `fortran_order` and `shape` in any order. */
export function parseNpyHeader(text: string): NpyHeader {
  const descriptor = valueOf(text, "descr"), order = valueOf(text, "fortran_order");
  const shape = valueOf(text, "shape");
  if (descriptor === undefined || shape === undefined || order === undefined) {
    throw new Error(
      `The .npy header must name descr, fortran_order and shape; it is ${text.trim().slice(0, 200)}`,
    );
  }
  if (!/^(True|False)$/.test(order)) {
    throw new Error(`The header's fortran_order is ${order}: it must be True or False`);
  }
  return { ...parseType(descriptor), fortranOrder: order === "True", shape: parseShape(shape) };
}

/** The literal of a key: text in quotes, a word, or what a pair of brackets holds. */
function valueOf(text: string, key: string): string | undefined {
  const match = new RegExp(`['"]${key}['"]\\s*:\\s*(\\([^)]*\\)|'[^']*'|"[^"]*"|\\[[^]*?\\]|\\w+)`).exec(
    text,
  );
  return match?.[1];
}

function parseType(literal: string): Pick<NpyHeader, "code" | "bigEndian"> {
  if (!/^['"]/.test(literal)) {
    throw new Error(
      `The values are records of several fields, ${literal}: save one field as a plain array of numbers`,
    );
  }
  const type = literal.slice(1, -1), [, order, name] = /^([<>|=]?)(.+)$/.exec(type) ?? [];
  const code = name === "?" ? "b1" : name as NumberCode;
  if (NUMBER_CODES.includes(code)) return { code, bigEndian: order === ">" };
  const kind = KINDS[name?.[0]];
  throw new Error(
    `The values are of type ${type}${kind ? `, ${kind}` : ""}: they must be real numbers, one of ` +
      NUMBER_CODES.join(", "),
  );
}

/** NumPy's kinds of values that are no real numbers of a common size. */
const KINDS: Readonly<Record<string, string>> = {
  O: "Python objects",
  c: "complex numbers",
  S: "text",
  U: "text",
  V: "raw bytes",
  M: "dates",
  m: "periods of time",
  f: "floats of a size that only some machines have",
};

/** `(2, 3)`, `(4,)`, `()`; Python 2 wrote whole numbers like `4L`. */
function parseShape(literal: string): number[] {
  const parts = literal.replace(/^\(|\)$/g, "").split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  const sizes = parts.map((part) => /^\d+L?$/.test(part) ? parseInt(part) : NaN);
  if (literal.startsWith("(") && sizes.every(Number.isSafeInteger)) return sizes;
  throw new Error(`The header's shape is ${literal}: it must be whole numbers in brackets, like (4, 3)`);
}
