/** Small HDF5 files that h5py 3.7 (HDF5 1.10) wrote, gzip in base64, by name. */
const FILES: Readonly<Record<string, string>> = JSON.parse(
  await Deno.readTextFile(new URL("./hdf5_files.json", import.meta.url)),
);

/** The bytes of such a file: a data set `images` [2, 3, 4] of 1 to 12 and -13 to -24 where not said otherwise. */
export async function hdf5File(name: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(FILES[name]), (c) => c.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}
