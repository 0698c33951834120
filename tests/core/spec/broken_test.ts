import { assert, assertEquals } from "@std/assert";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
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
    assertEquals(message.split("\n"), expected.trimEnd().split("\n"));
  });
}
