import { decodeNumbers, type NumberArray, type NumberCode } from "./numbers.ts";

/** A data set's values, flat in C order, and its shape. */
interface StoredArray {
  readonly data: NumberArray;
  readonly shape: readonly number[];
}

/** One data set of the bytes of an HDF5 file. h5wasm is loaded only where a file is read. */
export async function decodeHdf5(bytes: Uint8Array, dataset: string): Promise<StoredArray> {
  checkSignature(bytes);
  const h5wasm = await import("h5wasm");
  const library: Library = await h5wasm.ready as any;
  // The library keeps a file open where reading it failed: no two may have one name.
  const name = `${crypto.randomUUID()}.h5`;
  library.activate_throwing_error_handler();
  library.FS.writeFile(name, bytes);
  try {
    const file = new h5wasm.File(name, "r");
    const stored = datasetOf(file, { dataset, h5wasm });
    checkStorage(stored, dataset);
    const code = codeOf(stored, { dataset, bytes });
    const data = decodeNumbers(rawBytes(library, stored), { code, shape: stored.shape });
    file.close();
    return { data, shape: stored.shape };
  } catch (error) {
    throw new Error(reasonOf((error as Error).message, dataset));
  } finally {
    library.deactivate_throwing_error_handler();
    library.FS.unlink(name);
  }
}

/** The parts of h5wasm's module that are used beside its classes. */
interface Library {
  readonly FS: { writeFile(name: string, bytes: Uint8Array): void; unlink(name: string): void };
  readonly HEAPU8: Uint8Array;
  /** From then on a failure in the C library throws its report in place of printing it. */
  activate_throwing_error_handler(): void;
  deactivate_throwing_error_handler(): void;
  _malloc(size: number): number;
  _free(at: number): void;
  /** A negative number tells a failure. */
  get_dataset_data(file: bigint, path: string, count: null, offset: null, strides: null, to: bigint): number;
}

interface Dataset {
  readonly file_id: bigint;
  readonly path: string;
  readonly shape: number[];
  readonly filters: readonly { readonly id: number; readonly name: string }[];
  readonly metadata: {
    readonly type: number;
    readonly size: number;
    readonly signed: boolean;
    readonly total_size: number;
    readonly enum_type?: { readonly members: Readonly<Record<string, number>> };
    readonly virtual_sources?: readonly { readonly file_name: string }[];
  };
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A];

/** The signature stands at the beginning, or at 512 bytes, 1024, 2048 and so on behind a block of the user's. */
function checkSignature(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at = Math.max(512, 2 * at)) {
    if (SIGNATURE.every((byte, i) => bytes[at + i] === byte)) return;
  }
  const classic = bytes[0] === 0x43 && bytes[1] === 0x44 && bytes[2] === 0x46;
  throw new Error(
    classic
      ? "This is a NetCDF file of the classic format: save it as NetCDF-4, which is HDF5"
      : "This is not an HDF5 file: it has no HDF5 signature",
  );
}

function datasetOf(file: any, { dataset, h5wasm }: { dataset: string; h5wasm: any }): Dataset {
  const parts = dataset.split("/").filter((part) => part !== "");
  for (const i of parts.keys()) {
    const member = file.get(parts.slice(0, i + 1).join("/"));
    if (member instanceof h5wasm.ExternalLink) {
      throw new Error(elsewhere(`${parts.slice(0, i + 1).join("/")} is a link that`, member.filename));
    }
    if (member instanceof h5wasm.BrokenSoftLink) {
      throw new Error(`${dataset} is a link to ${member.target}, which is not there`);
    }
  }
  const member = file.get(dataset);
  if (member instanceof h5wasm.Dataset) return member;
  const names = (group: any) => group.keys().join(", ") || "nothing";
  throw new Error(
    member instanceof h5wasm.Group
      ? `${dataset} is a group, not a data set: it has ${names(member)}`
      : `The file has no data set ${dataset}: it has ${names(file)}`,
  );
}

function elsewhere(what: string, file?: string): string {
  return `${what} refers to another file${file ? `, ${file}` : ""}, and is not followed: ` +
    "save the values in one file";
}

/** Deflate, shuffle, Fletcher's checksum, szip, n-bit and scale-offset: those that come with the C library. */
const LAST_OWN_FILTER = 6;

/** Registered filters, whose names in files are sentences, or missing. */
const FILTERS: Readonly<Record<number, string>> = {
  305: "LZO",
  307: "bzip2",
  32000: "lzf",
  32001: "blosc",
  32004: "LZ4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32017: "SZ",
  32026: "blosc2",
};

function checkStorage(
  { filters, metadata: { virtual_sources = [] }, shape }: Dataset,
  dataset: string,
): void {
  if (!shape) throw new Error(`The data set ${dataset} is empty: it has neither shape nor values`);
  const other = virtual_sources.find(({ file_name }) => file_name !== ".");
  if (other) throw new Error(elsewhere(`The data set ${dataset} is virtual: it`, other.file_name));
  const foreign = filters.find(({ id }) => id > LAST_OWN_FILTER);
  if (!foreign) return;
  const name = FILTERS[foreign.id] ?? `filter ${foreign.id}${foreign.name ? ` (${foreign.name})` : ""}`;
  throw new Error(
    `The data set ${dataset} is compressed by ${name}, which this program cannot read: ` +
      "save it with gzip or uncompressed",
  );
}

/** Classes of HDF5 types, by number. */
const INTEGER = 0, FLOAT = 1, ENUMERATION = 8;
const CLASSES: Readonly<Record<number, string>> = {
  2: "times",
  3: "text",
  4: "bit fields",
  5: "opaque bytes",
  6: "records of several fields",
  7: "references",
  9: "lists of varying length",
  10: "arrays",
};

/** How HDF5 describes the bits of an IEEE half float; other floats of 16 bits have other places of their parts. */
const HALF = [0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0];

function codeOf(
  { metadata }: Dataset,
  { dataset, bytes }: { dataset: string; bytes: Uint8Array },
): NumberCode {
  const { type, size, signed, enum_type } = metadata;
  if (type === FLOAT && (size === 4 || size === 8)) return `f${size}`;
  if (type === FLOAT && size === 2 && holds(bytes, HALF)) return "f2";
  if (type === INTEGER && [1, 2, 4, 8].includes(size)) return `${signed ? "i" : "u"}${size}` as NumberCode;
  if (type === ENUMERATION && size === 1 && Object.keys(enum_type!.members).sort().join() === "FALSE,TRUE") {
    return "b1";
  }
  const what = type === FLOAT
    ? `floats of ${8 * size} bits that are not IEEE ones`
    : type === ENUMERATION
    ? "names of an enumeration"
    : CLASSES[type] ?? `integers of ${8 * size} bits`;
  throw new Error(`The data set ${dataset} holds ${what}: it must hold real numbers, such as float32`);
}

function holds(bytes: Uint8Array, pattern: readonly number[]): boolean {
  for (let at = bytes.indexOf(pattern[0]); at >= 0; at = bytes.indexOf(pattern[0], at + 1)) {
    if (pattern.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

/** The values as bytes, in little-endian order whatever the file's. */
function rawBytes(library: Library, { file_id, path, metadata: { size, total_size } }: Dataset): Uint8Array {
  const length = size * total_size, at = library._malloc(length);
  if (at === 0) throw new Error(`The data set takes ${length} bytes, more than HDF5 files may be read with`);
  try {
    const status = library.get_dataset_data(file_id, path, null, null, null, BigInt(at));
    if (status < 0) throw new Error("The HDF5 library cannot read it");
    return library.HEAPU8.slice(at, at + length);
  } finally {
    library._free(at);
  }
}

/** The one sentence of the C library's report that says what failed first, or the message as it is. */
function reasonOf(message: string, dataset: string): string {
  const [, ...frames] = message.split(/^ +#\d+: .*?\(\): /m).map((frame) => frame.split("\n")[0].trim());
  if (frames.length === 0) return message;
  const elsewhereFrame = frames.find((frame) => frame.includes("external"));
  if (elsewhereFrame) return elsewhere(`The data set ${dataset}`);
  return `The HDF5 library says: ${frames.at(-1)}`;
}
