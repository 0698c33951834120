import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { loadSpec, preflight, SpecError } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";

/** Specs whose physics cannot work, each with its exact messages beside it. */
const FOLDER = fileURLToPath(new URL("../../specs/broken/born/", import.meta.url));
const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".yaml"))
  .sort();

/** All that is said against a spec, by its schema or else by preflight; the folder's name is left out. */
async function messages(name: string): Promise<string[]> {
  const said = async () => {
    try {
      return new SpecError(await preflight(await loadSpec(FOLDER + name, { registry }), registry)).message;
    } catch (error) {
      if (error instanceof SpecError) return error.message;
      throw error;
    }
  };
  return (await said()).replaceAll(FOLDER, "").split("\n");
}

Deno.test("the physically broken specs are there", () => {
  assert(names.length >= 20, `only ${names.length} broken specs in ${FOLDER}`);
});

for (const name of names) {
  Deno.test(`the spec ${name} is refused with exactly the messages beside it`, async () => {
    const expected = await Deno.readTextFile(FOLDER + name.replace(/yaml$/, "txt"));
    assertEquals(await messages(name), expected.trimEnd().split("\n"));
  });
}
