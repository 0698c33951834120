/** Broken and odd specs without end: a valid one, mutated by a key. */
import { parse, stringify } from "@std/yaml";
import { integers, type Key } from "../../../core/base/random.ts";

/** Numbers from 0 to n - 1 one after another, from one key. */
interface Dice {
  (n: number): number;
}

type Tree = Record<string, unknown> | unknown[];

function diceOf(key: Key): Dice {
  const words = integers(key, 64);
  let used = 0;
  return (n) => words[used++ % words.length] % n;
}

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  2.5,
  1e9,
  1e308,
  -0,
  NaN,
  Infinity,
  2 ** 53,
  "",
  "x",
  "0",
  "../../x",
  "/etc/passwd",
  "é\u202e",
  "x".repeat(300),
  [],
  {},
  [[]],
  [1, 2, 3],
  { kind: "x" },
  { kind: "gaussian" },
  { kind: null },
  "5 dB",
  "5",
  "5 m",
  "-5 m",
  "1e999 s",
  "5 km/s",
  "0 Hz",
  "nan m",
  "5 µm",
  "1e-300 s^2/m^2",
  "1e300 m",
]; // deno-fmt-ignore
const KEYS = ["kind", "name", "constructor", "toString", "x", "", "0", "extends", "folder", "<<", "shifts", "prior"];
const SCRAPS = [
  "{",
  "}",
  "[",
  "]",
  ":",
  "- ",
  "\n",
  "\t",
  "'",
  '"',
  "&a ",
  "*a",
  "!!x ",
  "|",
  ">",
  "#",
  "~",
  "---\n",
  "%YAML 9\n",
  "\u0000",
  "\ufeff",
  "__proto__: 1\n",
  "<<: 3",
  "<<: *a",
  "? {a: 1}\n",
  "1e999",
  ".inf",
  "\r",
  "...\n",
  "@",
  "`",
  ", ",
  "0x",
  "👾",
]; // deno-fmt-ignore
const UNITS = ["m", "km", "s", "ms", "Hz", "kHz", "dB", "km/s", "m/s", "s^2/m^2", "M", "", "ft"];

/** A valid spec, parsed once. */
interface Base {
  readonly text: string;
  readonly tree: Tree;
}

export function baseFrom(text: string): Base {
  return { text, tree: parse(text) as Tree };
}

/** One to three edits of a spec's tree, its text, or both. */
export function mutated(bases: readonly Base[], key: Key): string {
  const dice = diceOf(key), base = bases[dice(bases.length)], where = dice(6);
  let { text } = base;
  if (where > 0) {
    const tree = structuredClone(base.tree);
    for (let edit = dice(5) % 3; edit >= 0; edit--) editTree(tree, dice);
    text = stringify(tree);
  }
  if (where < 2) { for (let edit = dice(3); edit >= 0; edit--) text = editText(text, dice); }
  return text;
}

/** Drops, doubles, renames, retypes, reorders or swaps something somewhere. */
function editTree(root: Tree, dice: Dice): void {
  const places = placesOf(root);
  if (places.length === 0) return;
  const [map, key] = places[dice(places.length)], [other, there] = places[dice(places.length)];
  const write = (at: Tree, to: string | number, value: unknown) =>
    void Object.defineProperty(at, to, { value, enumerable: true, configurable: true, writable: true });
  const value = (map as any)[key];
  const edits: (() => void)[] = [
    () => void (Array.isArray(map) ? map.splice(Number(key), 1) : delete map[key]),
    () => write(map, key, VALUES[dice(VALUES.length)]),
    () => write(map, key, VALUES[dice(VALUES.length)]),
    () => write(map, Array.isArray(map) ? map.length : KEYS[dice(KEYS.length)], structuredClone(value)),
    () => write(other, there, structuredClone(value)),
    () => write(map, key, Array.isArray(value) ? value.toReversed() : [value, value]),
    () =>
      write(
        map,
        key,
        typeof value === "string" ? otherUnit(value, dice) : { [KEYS[dice(KEYS.length)]]: value },
      ),
    () => write(map, key, typeof value === "number" ? value * 10 ** (dice(40) - 20) : { kind: value }),
    () => write(map, key, scaled(value, dice)),
    () => write(map, key, scaled(value, dice)),
    () => write(map, key, scaled(value, dice)),
    () => {
      const name = `${key}`, at = dice(name.length + 1);
      if (Array.isArray(map)) return;
      delete map[key];
      write(map, name.slice(0, at) + "x" + name.slice(at + 1), value);
    },
  ];
  edits[dice(edits.length)]();
}

/** A whole number or a quantity made small or large, still of its kind. */
function scaled(value: unknown, dice: Dice): unknown {
  const by = 2 ** (dice(45) - 15);
  if (typeof value === "number") return Math.ceil(value * by);
  return typeof value === "string"
    ? value.replace(/^[\d.]+(?= )/, (digits) => `${Number(digits) * by}`)
    : value;
}

function otherUnit(text: string, dice: Dice): string {
  return text.replace(/\S*$/, UNITS[dice(UNITS.length)]);
}

function placesOf(tree: unknown): [Tree, string | number][] {
  if (tree === null || typeof tree !== "object") return [];
  return Object.keys(tree).flatMap((
    key,
  ) => [[tree as Tree, key] as [Tree, string], ...placesOf((tree as any)[key])]);
}

/** Cuts off, deletes a stretch, doubles a line, or inserts a scrap of YAML. */
function editText(text: string, dice: Dice): string {
  const at = dice(text.length + 1), lines = text.split("\n"), scrap = SCRAPS[dice(SCRAPS.length)];
  switch (dice(6)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1 + dice(12));
    case 1:
      return text + lines[dice(lines.length)] + "\n";
    case 2:
      return text.slice(0, at);
    case 3:
      return text.slice(0, at) + String.fromCodePoint(dice(0x250) + 1) + text.slice(at + 1);
    default:
      return text.slice(0, at) + scrap + text.slice(at + dice(2));
  }
}
