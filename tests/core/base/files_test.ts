import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { canonicalJson, digest, writeAtomic } from "../../../core/base/files.ts";

async function inTemporaryFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("canonical JSON does not depend on the order of keys, and omits what is undefined", () => {
  assertEquals(
    canonicalJson({ b: [1, { d: 1, c: 2 }], a: undefined, z: null }),
    '{"b":[1,{"c":2,"d":1}],"z":null}',
  );
});

Deno.test("digest is SHA-256", async () => {
  assertEquals(await digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

Deno.test("a failed atomic write leaves the old file and no temporary one", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeAtomic(path, "old");
    await Deno.mkdir(join(folder, "b.txt"));
    await assertRejects(() => writeAtomic(join(folder, "b.txt"), "new"));
    assertEquals(await Deno.readTextFile(path), "old");
    assertEquals([...Deno.readDirSync(folder)].map((e) => e.name).sort(), ["a.txt", "b.txt"]);
  }));
