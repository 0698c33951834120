import { assert, assertEquals } from "@std/assert";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
import { parse } from "@std/yaml";
import { type BrokenCase, expectedMessage, runCase } from "./broken_case.ts";
import { registry } from "./toys.ts";

const FOLDER = new URL("../../specs/broken/", import.meta.url);
const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".yaml"))
  .sort();

Deno.test("the broken specs are there", () => {
  assert(names.length >= 20, `only ${names.length} broken specs in ${FOLDER.pathname}`);
});

for (const name of names) {
  Deno.test(`broken spec ${name} is refused with exactly the messages beside it`, async () => {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    const expected = await Deno.readTextFile(new URL(name.replace(/yaml$/, "txt"), FOLDER));
    let message = "it was accepted";
    try {
      await loadSpec(name, { registry, text });
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      message = error.message;
    }
    assertEquals(message.split("\n"), expectedMessage(expected).trimEnd().split("\n"));
  });
}

/** Specs that are broken by one edit each: a base, and what is said after each of the edits. */
interface Family {
  readonly base: string;
  readonly cases: readonly (Omit<BrokenCase, "base"> & { readonly expect: readonly string[] })[];
}

const FAMILIES = new URL("families/", FOLDER);
const families = [...Deno.readDirSync(FAMILIES)].map(({ name }) => name).sort().map((name) => ({
  name,
  ...parse(Deno.readTextFileSync(new URL(name, FAMILIES))) as Family,
}));

Deno.test("at least 200 broken specs are there, and no base is broken by itself", async () => {
  const edits = families.flatMap(({ name, cases }) =>
    cases.map(({ expect: _, ...edit }) => JSON.stringify([name, edit]))
  );
  assert(new Set(edits).size + names.length >= 200, `only ${edits.length} edits and ${names.length} files`);
  assertEquals(new Set(edits).size, edits.length);
  for (const { base } of families) assertEquals(await runCase({ base }), ["it was accepted"]);
});

for (const { name, base, cases } of families) {
  Deno.test(`each of ${cases.length} specs of ${name} is refused with exactly its messages`, async () => {
    const said = await Promise.all(
      cases.map(async ({ expect: _, ...edit }) => await runCase({ base, ...edit })),
    );
    assertEquals(said, cases.map(({ expect }) => expect.map(expectedMessage)));
  });
}
