import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));

Deno.test("the README's library example runs as it stands", async () => {
  const readme = await Deno.readTextFile(`${folder}README.md`), [, code] = /```ts\n([^]*?)```/.exec(readme)!;
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, code.replace("./mod.ts", new URL("../mod.ts", import.meta.url).href));
  const args = ["run", "-A", "--config", `${folder}deno.json`, script];
  const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(exit, 0, new TextDecoder().decode(stderr));
  const said = new TextDecoder().decode(stdout);
  // Backgrounds of 3 sources; J, J^T, CGLS of 5 iterations from the adjoint on, F; J and J^T of a dot test.
  assertStringIncludes(said, `solves: ${3 * (1 + 2 + 11 + 1) + 2}`);
  assertStringIncludes(said, "dotTest: true");
  assertStringIncludes(said, "modelled: 65100");
  await Deno.remove(script);
});
