import { assert, assertEquals, assertMatch } from "@std/assert";
import { addressOf, stageCache } from "../../../core/store/cache.ts";
import { available } from "../../available.ts";
import { finish, start, TINY_IMAGING } from "./program.ts";

const SPEC = `${TINY_IMAGING}training: { pairs: 24, epochs: 2, batch: 8, average: 0.9 }
correction: { kind: diagonal, passes: 1 }
evaluation: { observations: 1, samples: 8, baselines: [] }
`;

/** Whether a file system can be mounted here, which takes root. */
const mounts = await (async () => {
  const folder = await Deno.makeTempDir();
  const works = await mount(folder, "size=1m").then(() => true, () => false);
  if (works) await unmount(folder);
  await Deno.remove(folder);
  return available(works, "root, to mount a small disk");
})();

async function mount(folder: string, options: string): Promise<void> {
  await command("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder);
}

async function unmount(folder: string): Promise<void> {
  await command("umount", folder);
}

async function command(name: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A folder with the spec, whose `results` is a disk of so many bytes. */
async function onDisk(options: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/spec.yaml`, SPEC);
  await Deno.mkdir(`${folder}/results`);
  await mount(`${folder}/results`, options);
  try {
    await work(folder);
  } finally {
    await unmount(`${folder}/results`);
    await Deno.remove(folder, { recursive: true });
  }
}

const run = (folder: string, out: string) =>
  finish(start(folder, ["run", "spec.yaml", "--engine", "wasm", "--workers", "1", "--out", out]));

async function namesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    names.push(name);
    if (isDirectory) names.push(...await namesBelow(`${folder}/${name}`));
  }
  return names;
}

Deno.test({
  name: "a full disk ends a run with one sentence and no temporary files, and what was finished is kept",
  ignore: !mounts,
  fn: () =>
    onDisk("size=160k", async (folder) => {
      const { code, err } = await run(folder, "out");
      assertEquals(code, 1, err);
      const last = err.split("\n").at(-1)!;
      assertMatch(
        last,
        /^Cannot write .*: the disk is full\. Free some space and run again: what is finished is kept\.$/,
      );
      assert(!/^\s+at /m.test(err), err);
      const left = await namesBelow(`${folder}/results`);
      assertEquals(left.filter((name) => name.endsWith(".part")), []);
      assert(left.some((name) => name.startsWith("simulate-")), "the simulation was finished");
      await command("mount", "-o", "remount,size=20m", `${folder}/results`);
      const again = await run(folder, "again");
      assertEquals(again.code, 0, again.err);
      assertMatch(again.err, /simulate: cached/);
    }),
});

Deno.test({
  name: "a results folder on a read-only disk ends a run with one sentence",
  ignore: !mounts,
  fn: () =>
    onDisk("ro", async (folder) => {
      const { code, err } = await run(folder, "results/out");
      assertEquals([code, err.split("\n").length], [1, 1], err);
      assertMatch(
        err,
        /^Cannot write results\/out: the file system is read-only\. Make it writable and run again/,
      );
    }),
});

Deno.test({
  name: "an entry that a full disk cuts off is not there, and the error says why",
  ignore: !mounts,
  fn: () =>
    onDisk("size=64k", async (folder) => {
      const cache = stageCache(`${folder}/results`, { experiment: "test", say: () => {} });
      const address = addressOf({ stage: "train", reads: {}, upstream: [], files: {}, sources: {} });
      const stored = cache.store(address, { "a.bin": new Uint8Array(1e6) }).then(() => "stored", String);
      assertMatch(await stored, /the disk is full/);
      assertEquals(await cache.has(address), false);
      assertEquals((await namesBelow(`${folder}/results`)).filter((name) => name.includes("part")), []);
    }),
});
