import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Prior } from "../../../core/contracts/problem.ts";
import { encodeNpy } from "../../../core/npy.ts";
import { rootKey } from "../../../core/random.ts";
import { imagePatches } from "../../../physics/priors/image_patches.ts";

const KEY = rootKey(67), COUNT = 6;
const TABLE = "index,zone,level\n0,deep,1\n1,shallow,2\n2,deep,2\n3,deep,3\n4,shallow,1\n5,deep,1\n";

/** Six images [2, 3], image i of value i + 1 everywhere, and a table of them. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const values = Int8Array.from({ length: COUNT * 6 }, (_, i) => Math.floor(i / 6) + 1);
    await Deno.writeFile(join(folder, "images.npy"), encodeNpy(values, [COUNT, 2, 3]));
    await Deno.writeTextFile(join(folder, "table.csv"), TABLE);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function build(written: Record<string, unknown>, { folder, shape = [2, 3], mask }: {
  folder: string;
  shape?: number[];
  mask?: Float32Array;
}): Promise<Prior> {
  const size = shape.reduce((a, b) => a * b, 1);
  const context = {
    domain: { name: "x", shape },
    mask: mask ?? new Float32Array(size).fill(1),
    specFolder: folder,
  };
  return await imagePatches.build(imagePatches.schema.parse({ images: "images.npy", ...written }), context);
}

/** Which image each draw is. */
const drawn = (x: Float32Array) => Array.from({ length: x.length / 6 }, (_, i) => x[6 * i] - 1);

Deno.test("every image is drawn once before any is drawn twice, in an order that the key fixes", () =>
  withFolder(async (folder) => {
    const prior = await build({}, { folder }), order = drawn(await prior.sample(KEY, COUNT));
    assertEquals(order.toSorted(), [0, 1, 2, 3, 4, 5]);
    assertEquals(drawn(await prior.sample(KEY, 3)), order.slice(0, 3));
    const other = drawn(await prior.sample(rootKey(68), COUNT));
    assert(other.some((image, i) => image !== order[i]));
  }));

Deno.test("a table selects by its columns, by one value or several", () =>
  withFolder(async (folder) => {
    const select = async (where: unknown, n: number) => {
      const prior = await build({ table: "table.csv", where }, { folder });
      return drawn(await prior.sample(KEY, n)).toSorted();
    };
    assertEquals(await select({ zone: "shallow" }, 2), [1, 4]);
    assertEquals(await select({ zone: "deep", level: [1, 3] }, 3), [0, 3, 5]);
  }));

Deno.test("images are scaled and muted", () =>
  withFolder(async (folder) => {
    const mask = Float32Array.of(0, 0, 0, 1, 1, 1);
    const prior = await build({ scale: 0.5 }, { folder, mask });
    const x = await prior.sample(KEY, 1), [image] = drawn(await (await build({}, { folder })).sample(KEY, 1));
    const value = 0.5 * (image + 1);
    assertEquals(x, Float32Array.of(0, 0, 0, value, value, value));
  }));

Deno.test("an HDF5 stack is read by its dataset's name", () =>
  withFolder(async (folder) => {
    const { default: h5wasm } = await import("h5wasm");
    const { FS } = await h5wasm.ready;
    const file = new h5wasm.File("made.h5", "w");
    file.create_dataset({
      name: "stack",
      data: Float32Array.from({ length: 12 }, (_, i) => i),
      shape: [2, 2, 3],
    });
    file.close();
    await Deno.writeFile(join(folder, "images.h5"), FS.readFile("made.h5"));
    FS.unlink("made.h5");
    const prior = await build({ images: "images.h5", dataset: "stack" }, { folder });
    assertEquals((await prior.sample(KEY, 2)).toSorted(), Float32Array.from({ length: 12 }, (_, i) => i));
    await assertRejects(() => build({ images: "images.h5", dataset: "none" }, { folder }), Error, "stack");
  }));

Deno.test("what is missing or does not fit is said with the setting to change", () =>
  withFolder(async (folder) => {
    const wrong: [Record<string, unknown>, string, number[]?][] = [
      [{ images: "gone.npy" }, "set prior.images"],
      [{ table: "gone.csv" }, "set prior.table"],
      [
        { table: "table.csv", where: { split: "train" } },
        "no column split: its columns are index, zone, level",
      ],
      [{ table: "table.csv", where: { zone: "middle" } }, "fits prior.where"],
      [{}, "operator.grid.shape", [3, 3]],
    ];
    for (const [written, message, shape] of wrong) {
      await assertRejects(() => build(written, { folder, shape }), Error, message);
    }
  }));
