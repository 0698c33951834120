import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { addressOf, type Identity, LOCKS, PART, stageCache } from "../../../core/store/cache.ts";
import { cacheEntries, pruneCache } from "../../../core/store/cache_entries.ts";
import { exclusively } from "../../../core/store/locks.ts";
import { decodeValue, encodeValue } from "../../../core/store/stored_values.ts";

const identity: Identity = {
  stage: "train",
  reads: { seed: 1 },
  upstream: [],
  files: {},
  sources: { "a.ts": "1" },
};
const address = addressOf(identity), files = { "a.bin": Uint8Array.of(1, 2, 3) };

async function inFolder(test: (folder: string, said: string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const open = (folder: string, said: string[] = []) =>
  stageCache(folder, { experiment: "test", say: (line) => said.push(line) });

Deno.test("an entry is found by its whole identity only", () =>
  inFolder(async (folder) => {
    const cache = open(folder);
    await cache.store(address, files);
    assertEquals(await cache.load(addressOf({ ...identity })), files);
    const others: Partial<Identity>[] = [
      { reads: { seed: 2 } },
      { stage: "simulate" },
      { upstream: ["simulate-1"] },
      { files: { "x.npy": "1" } },
      { engine: "webgpu" },
      { sources: { "a.ts": "2" } },
    ];
    for (const other of others) {
      assertEquals(await cache.load(addressOf({ ...identity, ...other })), undefined);
    }
  }));

for (
  const [damage, harm] of [
    ["a truncated file", (place) => Deno.truncate(join(place, "a.bin"), 2)],
    ["a flipped bit", (place) => Deno.writeFile(join(place, "a.bin"), Uint8Array.of(1, 2, 2))],
    ["a missing file", (place) => Deno.remove(join(place, "a.bin"))],
    ["a missing manifest", (place) => Deno.remove(join(place, "manifest.json"))],
    ["half a manifest", (place) => Deno.truncate(join(place, "manifest.json"), 40)],
    ["the manifest of another entry", async (place) => {
      const path = join(place, "manifest.json"), text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.replace('"seed":1', '"seed":2'));
    }],
  ] as [string, (place: string) => Promise<void>][]
) {
  Deno.test(`${damage} is said, never used, and makes room for what is computed again`, () =>
    inFolder(async (folder, said) => {
      const cache = open(folder, said);
      await cache.store(address, files);
      await harm(join(folder, address.name));
      assertEquals(await cache.load(address), undefined);
      assertEquals(said.length, 1);
      assertMatch(said[0], /is damaged \(.*\): it is not used, and computed again\./);
      await cache.store(address, files);
      assertEquals(await cache.load(address), files);
    }));
}

Deno.test("of two writers of one entry the first wins, and the second leaves nothing behind", () =>
  inFolder(async (folder) => {
    await open(folder).store(address, files);
    await open(folder).store(address, { "a.bin": Uint8Array.of(9) });
    assertEquals(await open(folder).load(address), files);
    assertEquals(
      [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
      ["sources", address.name].sort(),
    );
  }));

Deno.test("what a killed writer left half-written is cleared away by who works on the entry next", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, address.name + PART), { recursive: true });
    await open(folder).exclusively(address, () => Promise.resolve());
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [LOCKS]);
    assertEquals([...Deno.readDirSync(join(folder, LOCKS))], []);
  }));

Deno.test("who waits for an entry says so, and goes on when its holder has ended", () =>
  inFolder(async (folder, said) => {
    const order: string[] = [], lock = join(folder, LOCKS, address.name);
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = exclusively(lock, async () => {
      await promise;
      order.push("first");
    });
    while (!await Deno.stat(lock).catch(() => undefined)) await new Promise((go) => setTimeout(go, 5));
    const second = open(folder, said).exclusively(address, () => Promise.resolve(order.push("second")));
    while (said.length === 0) await new Promise((go) => setTimeout(go, 5));
    resolve();
    await Promise.all([first, second]);
    assertEquals(order, ["first", "second"]);
    assertMatch(said[0], new RegExp(`waiting for process ${Deno.pid}, which computes ${address.name}`));
  }));

Deno.test("who waits for an entry ends when its run is stopped", () =>
  inFolder(async (folder) => {
    const stop = new AbortController();
    await exclusively(join(folder, LOCKS, address.name), async () => {
      const waiting = stageCache(folder, {
        experiment: "test",
        say: () => stop.abort(),
        signal: stop.signal,
      });
      await assertRejects(() => waiting.exclusively(address, () => Promise.resolve()), DOMException);
    });
  }));

Deno.test("pruning takes what is unused, damaged or too much, and never what is worked on", () =>
  inFolder(async (folder) => {
    const cache = open(folder), other = addressOf({ ...identity, stage: "observe" });
    await cache.store(address, { "a.bin": new Uint8Array(5000) });
    await cache.store(other, { "a.bin": new Uint8Array(5000) });
    const old = new Date(Date.now() - 40 * 86400e3);
    await Deno.utime(join(folder, address.name, "manifest.json"), old, old);
    await Deno.mkdir(join(folder, `correct-1${PART}`));
    const names = async (options: Parameters<typeof pruneCache>[1]) =>
      (await pruneCache(folder, { ...options, dryRun: true })).removed.map(({ name }) => name).sort();
    assertEquals(await names({}), [`correct-1${PART}`]);
    assertEquals(await names({ olderThan: 30 * 86400e3 }), [`correct-1${PART}`, address.name].sort());
    assertEquals(await names({ keep: 6000 }), [`correct-1${PART}`, address.name].sort());
    assertEquals((await cacheEntries(folder)).length, 3, "a dry run removes nothing");
    await cache.exclusively(address, async () => {
      const { removed, inUse } = await pruneCache(folder, { all: true });
      assertEquals([removed.length, inUse.map(({ name }) => name)], [2, [address.name]]);
    });
    assertEquals(await cache.load(address).then((found) => found !== undefined), true);
    await pruneCache(folder, { all: true });
    assertEquals(await cacheEntries(folder), []);
    assertEquals([...Deno.readDirSync(join(folder, "sources"))], []);
  }));

Deno.test("a stored value is the very one that was computed, numbers that JSON lacks among it", () => {
  const value = {
    samples: Float32Array.of(1.5, NaN, -0),
    nested: [{ mean: Float64Array.of(1 / 3) }, { ranks: Uint32Array.of(7) }],
    row: { snr: -Infinity, none: NaN, zero: -0, small: 5e-324 },
  };
  assertEquals(decodeValue(encodeValue(value)), value);
  assert(Object.is(decodeValue<typeof value>(encodeValue(value)).row.zero, -0));
  assertEquals(decodeValue(encodeValue(undefined)), undefined);
});

Deno.test("many that prune at once take away the same entries, and none of them fails", () =>
  inFolder(async (folder) => {
    for (let i = 0; i < 20; i++) {
      await open(folder).store(addressOf({ ...identity, reads: { i }, sources: { "a.ts": `${i}` } }), files);
    }
    await Promise.all(Array.from({ length: 8 }, () => pruneCache(folder, { all: true })));
    assertEquals(await cacheEntries(folder), []);
    assertEquals([...Deno.readDirSync(join(folder, "sources"))], []);
  }));
