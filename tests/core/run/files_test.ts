import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { stageCache } from "../../../core/run/cache.ts";
import { canonicalJson, digest, writeAtomic } from "../../../core/run/files.ts";

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

Deno.test("a stage is found by equal inputs only", () =>
  inTemporaryFolder(async (folder) => {
    const cache = stageCache(folder, "code1"), bytes = Uint8Array.of(1, 2, 3);
    await cache.store("train", { seed: 1 }, { "a.bin": bytes });
    assertEquals(await cache.load("train", { seed: 1 }), { "a.bin": bytes });
    assertEquals(await cache.load("train", { seed: 2 }), undefined);
    assertEquals(await cache.load("simulate", { seed: 1 }), undefined);
    assertEquals(await stageCache(folder, "code2").load("train", { seed: 1 }), undefined);
  }));

Deno.test("a truncated or interrupted stage is never used", () =>
  inTemporaryFolder(async (folder) => {
    const cache = stageCache(folder, "code");
    await cache.store("train", 1, { "a.bin": Uint8Array.of(1, 2, 3) });
    const [entry] = [...Deno.readDirSync(folder)];
    await Deno.truncate(join(folder, entry.name, "a.bin"), 2);
    assertEquals(await cache.load("train", 1), undefined);
    await cache.store("train", 1, { "a.bin": Uint8Array.of(4) });
    assertNotEquals(await cache.load("train", 1), undefined);
    await Deno.remove(join(folder, entry.name, "manifest.json"));
    assertEquals(await cache.load("train", 1), undefined);
  }));
