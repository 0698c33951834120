import { assertEquals, assertRejects } from "@std/assert";
import { decodeHdf5 } from "../../../core/data/hdf5.ts";
import { hdf5File } from "./hdf5_files.ts";

const VALUES = Array.from({ length: 24 }, (_, i) => i < 12 ? i + 1 : -i - 1);

/** The file with some bytes replaced, which must be there. */
async function patched(name: string, from: readonly number[], to: readonly number[]): Promise<Uint8Array> {
  const bytes = await hdf5File(name);
  const at = bytes.findIndex((_, i) => from.every((byte, k) => bytes[i + k] === byte));
  bytes.set(to, at);
  return bytes;
}

const READ: Record<string, (v: number) => number> = {
  plain: (v) => v,
  "big-endian": (v) => v,
  float64: (v) => v,
  float16: (v) => v,
  "float16-big-endian": (v) => v,
  int64: (v) => v,
  "uint64-big-endian": Math.abs,
  boolean: (v) => Number(v > 3),
  gzip: (v) => v,
  "scale-offset": (v) => v,
  latest: (v) => v,
  "virtual-within": (v) => v,
  "soft-link": (v) => v,
};

for (const [name, value] of Object.entries(READ)) {
  Deno.test(`an HDF5 data set is read: ${name}`, async () => {
    const { data, shape } = await decodeHdf5(await hdf5File(name), "images");
    assertEquals([shape, [...data]], [[2, 3, 4], VALUES.map(value)]);
  });
}

Deno.test("a data set in a group is found by its path", async () => {
  const { data } = await decodeHdf5(await hdf5File("soft-link"), "g/x");
  assertEquals([...data], VALUES);
});

const REFUSED: [string, string, string][] = [
  [
    "lzf",
    "images",
    "The data set images is compressed by lzf, which this program cannot read: save it with gzip",
  ],
  [
    "virtual",
    "images",
    "The data set images is virtual: it refers to another file, plain.h5, and is not followed",
  ],
  ["external-link", "images", "images is a link that refers to another file, plain.h5, and is not followed"],
  ["external-storage", "images", "The data set images refers to another file, and is not followed"],
  ["links", "away/images", "away is a link that refers to another file, plain.h5"],
  ["links", "gone", "gone is a link to /nowhere, which is not there"],
  ["links", "group", "group is a group, not a data set: it has x"],
  ["links", "group/y", "The file has no data set group/y: it has away, gone, group"],
  ["plain", "stack", "The file has no data set stack: it has images"],
  ["int64-large", "images", "The 64-bit integer 9007199254740993 in item 0, row 0, column 0 is beyond 2^53"],
  ["complex", "images", "The data set images holds records of several fields: it must hold real numbers"],
  ["records", "images", "holds records of several fields"],
  ["text", "images", "holds text: it must hold real numbers"],
  ["long-double", "images", "holds floats of 128 bits that are not IEEE ones"],
  ["empty", "images", "The data set images is empty"],
];

for (const [name, dataset, message] of REFUSED) {
  Deno.test(`an HDF5 data set is refused in a sentence: ${name}, ${dataset}`, async () => {
    await assertRejects(async () => await decodeHdf5(await hdf5File(name), dataset), Error, message);
  });
}

for (
  const [id, says] of [
    [32001, "blosc"],
    [32008, "bitshuffle"],
    [32015, "zstd"],
    [32030, "filter 32030 (lzf)"],
  ] as const
) {
  Deno.test(`a filter that h5wasm does not have is refused by name: ${id}`, async () => {
    // The filter's number stands before the length of its name, which is 8 with its padding.
    const bytes = await patched("lzf", [0x00, 0x7D, 8, 0], [id & 0xFF, id >> 8]);
    await assertRejects(() => decodeHdf5(bytes, "images"), Error, `is compressed by ${says}, which`);
  });
}

Deno.test("a float of 16 bits that is no IEEE half is refused", async () => {
  const bytes = await patched("float16", [0, 0, 16, 0, 10, 5, 0, 10, 15], [0, 0, 16, 0, 7, 8, 0, 7, 127]);
  await assertRejects(() => decodeHdf5(bytes, "images"), Error, "floats of 16 bits that are not IEEE ones");
});

Deno.test("damaged and foreign files are refused in a sentence", async () => {
  const plain = await hdf5File("plain"), gzip = await hdf5File("gzip");
  const cut = plain.subarray(0, plain.length - 8);
  await assertRejects(() => decodeHdf5(cut, "images"), Error, "The HDF5 library says: truncated file");
  gzip.fill(0x55, gzip.length - 40);
  await assertRejects(() => decodeHdf5(gzip, "images"), Error, "The HDF5 library says: ");
  const text = (head: string) => new TextEncoder().encode(head.padEnd(600));
  await assertRejects(() => decodeHdf5(text("hello"), "images"), Error, "This is not an HDF5 file");
  await assertRejects(
    () => decodeHdf5(text("CDF\x01"), "images"),
    Error,
    "NetCDF file of the classic format",
  );
});

Deno.test("a file that could not be read leaves nothing behind that the next one is read from", async () => {
  const damaged = await hdf5File("gzip");
  damaged.fill(0x55, damaged.length - 40);
  for (const bytes of [await hdf5File("lzf"), damaged, await hdf5File("external-storage")]) {
    await assertRejects(() => decodeHdf5(bytes, "images"));
    assertEquals((await decodeHdf5(await hdf5File("int64"), "images")).data, Float64Array.from(VALUES));
  }
});
