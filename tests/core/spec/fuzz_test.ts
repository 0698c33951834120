import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { fold, integers, type Key, rootKey } from "../../../core/random.ts";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
import { registry, VALID } from "./toys.ts";

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
  "null",
  "~",
];
const VALUES = [
  ".inf",
  "-1",
  "1e999",
  "__proto__: 1",
  "<<: 3",
  "<<: [1]",
  "? {a: 1}",
  "%YAML 9",
  "---",
  "\u0000",
  "é",
];

/** One to three edits of the text: delete a stretch, double a line, or insert a scrap of YAML. */
function mutated(text: string, key: Key): string {
  const words = integers(key, 16), scraps = [...SCRAPS, ...VALUES];
  for (let edit = 0; edit <= words[0] % 3; edit++) {
    const [how, where, what] = words.subarray(1 + 3 * edit);
    const at = where % text.length;
    if (how % 4 === 0) text = text.slice(0, at) + text.slice(at + 1 + what % 12);
    else if (how % 4 === 1) text += text.split("\n")[what % 18] + "\n";
    else text = text.slice(0, at) + scraps[what % scraps.length] + text.slice(how % 4 === 2 ? at : at + 1);
  }
  return text;
}

Deno.test("500 mutations of a spec are valid or refused line by line, never a crash", async () => {
  let refused = 0;
  for (let i = 0; i < 500; i++) {
    const text = mutated(VALID, fold(rootKey(1), i));
    try {
      await loadSpec("toy.yaml", { registry, text });
    } catch (error) {
      if (!(error instanceof SpecError)) throw new Error(`mutation ${i} crashed:\n${text}`, { cause: error });
      refused++;
      const lines = text.split("\n").length;
      for (const line of error.message.split("\n")) assertMatch(line, /^toy\.yaml:\d+:\d+: \S/);
      for (const issue of error.issues) {
        assertEquals(issue.line >= 1 && issue.line <= lines, true, error.message);
      }
    }
  }
  assertGreater(refused, 200);
});
