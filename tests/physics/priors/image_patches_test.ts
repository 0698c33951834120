import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import type { Prior } from "../../../core/contracts/problem.ts";
import { encodeNpy, type NpyData } from "../../../core/data/npy.ts";
import { rootKey } from "../../../core/base/random.ts";
import { imagePatches } from "../../../physics/priors/image_patches.ts";
import { hdf5File } from "../../core/data/hdf5_files.ts";
import { sizeOf } from "../../../core/base/shape.ts";
import { data, image } from "../../spaces.ts";

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
  const domain = image(shape);
  const context = {
    domain,
    mask: mask ?? new Float32Array(sizeOf(domain)).fill(1),
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
      [{ images: "gone.npy" }, "prior.images: there is no file"],
      [{ table: "gone.csv" }, "prior.table: there is no file"],
      [
        { table: "table.csv", where: { split: "train" } },
        "prior.where: table.csv has no column split: its columns are index, zone, level",
      ],
      [{ table: "table.csv", where: { zone: "middle" } }, 'prior.where: No image of table.csv fits {"zone"'],
      [{}, "it must be [n, 3, 3], as the operator's unknown", [3, 3]],
    ];
    for (const [written, message, shape] of wrong) {
      await assertRejects(() => build(written, { folder, shape }), Error, message);
    }
  }));

const QUOTED: [string, string][] = [
  [
    "a comma in every other row",
    'index,block,split\n0,"A, north",a\n1,B,b\n2,"A, north",b\n3,B,b\n4,"C, ""old""",b\n5,B,a\n',
  ],
  ["every field in quotes", '"index","split"\n"0","a"\n"1","b"\n"2","b"\n"3","b"\n"4","b"\n"5","a"\n'],
  ["a line break in a field", 'index,note,split\n0,,a\n1,"one\ntwo",b\n2,,b\n3,"a\n0,b",b\n4,,b\n5,,a\n'],
  ["no index, in the images' order", "\ufeffsplit,note\r\na,\r\nb,\r\nb,\r\nb,\r\nb,\r\na,\r\n"],
];

for (const [what, table] of QUOTED) {
  Deno.test(`a table selects the images that it says: ${what}`, () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "quoted.csv"), table);
      const prior = await build({ table: "quoted.csv", where: { split: "b" } }, { folder });
      assertEquals(drawn(await prior.sample(KEY, 4)).toSorted(), [1, 2, 3, 4]);
    }));
}

/** What preflight says of options in the folder, as "key: message". */
async function said(written: Record<string, unknown>, folder: string, domain?: number[]): Promise<string[]> {
  const options = imagePatches.schema.parse({ images: "images.npy", ...written });
  const operator = domain && { domain: image(domain), shotRange: data(1, 1), sources: 1 };
  const remarks = await imagePatches.preflight!(options, { specFolder: folder, operator });
  return remarks.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

Deno.test("before a run starts, its tables are known to name images that are there", () =>
  withFolder(async (folder) => {
    const whole = "it must be a whole number from 0 to 5, as there are 6 images";
    const tables: [string, string][] = [
      ["index,zone\n0,a\n6,a\n", `table: t.csv has the index "6" in line 3: ${whole}`],
      ["index,zone\n1.5,a\n", `table: t.csv has the index "1.5" in line 2: ${whole}`],
      ["index,zone\n-1,a\n", `table: t.csv has the index "-1" in line 2: ${whole}`],
      ["index,zone\n,a\n", `table: t.csv has the index "" in line 2: ${whole}`],
      ["zone\na\nb\n", "table: t.csv has 2 rows: without a column index it must have one per image, 6"],
    ];
    for (const [text, message] of tables) {
      await Deno.writeTextFile(join(folder, "t.csv"), text);
      assertEquals(await said({ table: "t.csv" }, folder), [message]);
    }
    await Deno.writeTextFile(join(folder, "t.csv"), "index,zone\n0,a\n1,b,c\n");
    const [message] = await said({ table: "t.csv" }, folder);
    assertEquals(
      message,
      `table: Cannot read ${join(folder, "t.csv")}: Line 3 has 3 fields: it must have 2, ` +
        "as many as the header",
    );
  }));

Deno.test("before a run starts, its images are known to be numbers that vary, of the grid's shape", () =>
  withFolder(async (folder) => {
    const put = (data: NpyData, shape: number[]) =>
      Deno.writeFile(join(folder, "x.npy"), encodeNpy(data, shape));
    const images = () => said({ images: "x.npy" }, folder, [2, 2]);
    await put(Float32Array.of(1, 2, 3, 4), [1, 2, 2]);
    assertEquals(await images(), []);
    await put(Float32Array.of(1, 2, 3, NaN), [1, 2, 2]);
    assertEquals(await images(), [
      "images: x.npy has the value NaN in item 0, row 1, column 1: all images must be finite numbers",
    ]);
    await put(new Float32Array(4), [1, 2, 2]);
    assertEquals(await images(), ["images: x.npy has no images but 0: some must differ from 0"]);
    await put(Float32Array.of(1, 2, 3, 4), [1, 1, 4]);
    assertEquals(await images(), [
      "images: x.npy has the shape [1, 1, 4]: it must be [n, 2, 2], as the operator's unknown",
    ]);
    await put(Float64Array.of(1e9, 1e9 + 1, 1e9 + 2, 1e9), [1, 2, 2]);
    assertStringIncludes((await images())[0], "images: x.npy has images that 32 bits cannot tell apart");
    await put(Float32Array.of(1, 2), [2]);
    assertEquals(await said({ images: "x.npy" }, folder), [
      "images: x.npy has the shape [2]: it must be [n, z, x]",
    ]);
  }));

Deno.test("an HDF5 stack that cannot be read is refused by its file and data set, and is no image of zeros", () =>
  withFolder(async (folder) => {
    for (const name of ["lzf", "virtual", "external-link", "int64", "float16"]) {
      await Deno.writeFile(join(folder, `${name}.h5`), await hdf5File(name));
    }
    const place = (name: string) => `images: Cannot read ${join(folder, `${name}.h5`)}: `;
    assertEquals(await said({ images: "lzf.h5" }, folder), [
      `${
        place("lzf")
      }The data set images is compressed by lzf, which this program cannot read: save it with ` +
      "gzip or uncompressed",
    ]);
    assertStringIncludes(
      (await said({ images: "virtual.h5" }, folder))[0],
      "refers to another file, plain.h5",
    );
    assertStringIncludes((await said({ images: "external-link.h5" }, folder))[0], "refers to another file");
    for (const name of ["int64", "float16"]) {
      const prior = await build({ images: `${name}.h5` }, { folder, shape: [3, 4] });
      const x = await prior.sample(KEY, 2);
      assertEquals(x.map(Math.abs).toSorted(), Float32Array.from({ length: 24 }, (_, i) => i + 1));
    }
  }));
