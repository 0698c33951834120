/** NumPy's .npy format, versions 1 to 3: a magic string, a header that is a Python literal, the values. */

/** An array's values, flat in C order, and its shape. */
export interface NpyArray {
  readonly data: NpyData;
  readonly shape: readonly number[];
}

export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint32Array;

const TYPES = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "|i1": Int8Array,
  "<i2": Int16Array,
  "<i4": Int32Array,
  "|u1": Uint8Array,
  "<u4": Uint32Array,
} as const;

type Descriptor = keyof typeof TYPES;

const MAGIC = [0x93, ...new TextEncoder().encode("NUMPY")];
/** NumPy aligns the values to this many bytes. */
const ALIGNMENT = 64;

/** Reads a .npy file; the error of a missing or foreign file is a sentence that names it. */
export async function readNpy(path: string): Promise<NpyArray> {
  const bytes = await Deno.readFile(path).catch((error) => {
    throw error instanceof Deno.errors.NotFound
      ? new Deno.errors.NotFound(`There is no file ${path}`)
      : error;
  });
  try {
    return decodeNpy(bytes);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The array that the bytes of a .npy file hold. */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new Error("This is not a .npy file: it does not begin with \\x93NUMPY");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [from, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = new TextDecoder().decode(bytes.subarray(from, from + length));
  const { descriptor, shape } = parseHeader(header);
  const type = TYPES[descriptor], count = shape.reduce((a, b) => a * b, 1), start = from + length;
  const wanted = count * type.BYTES_PER_ELEMENT;
  if (bytes.length - start < wanted) {
    throw new Error(
      `The file is cut off: shape [${shape}] of ${descriptor} takes ${wanted} bytes, ${
        bytes.length - start
      } are there`,
    );
  }
  return { data: new type(bytes.slice(start, start + wanted).buffer), shape };
}

function parseHeader(header: string): { descriptor: Descriptor; shape: number[] } {
  const descriptor = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descriptor === undefined || shape === undefined) {
    throw new Error(`The .npy header must name descr and shape; it is ${header.trim()}`);
  }
  if (!Object.hasOwn(TYPES, descriptor)) {
    throw new Error(
      `The values are of type ${descriptor}: they must be one of ${Object.keys(TYPES).join(", ")}`,
    );
  }
  const sizes = shape.split(",").filter((part) => part.trim() !== "").map(Number);
  if (/'fortran_order':\s*True/.test(header) && sizes.length > 1) {
    throw new Error("The values are in Fortran order: save the array with numpy.ascontiguousarray");
  }
  return { descriptor: descriptor as Descriptor, shape: sizes };
}

/** The bytes of a .npy file (version 1) of an array, flat in C order. */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array {
  if (shape.reduce((a, b) => a * b, 1) !== data.length) {
    throw new Error(`${data.length} values do not fill the shape [${shape}]`);
  }
  const descriptor = Object.entries(TYPES).find(([, type]) => data instanceof type)![0];
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const prefix = MAGIC.length + 4;
  const start = Math.ceil((prefix + literal.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = literal.padEnd(start - prefix - 1) + "\n";
  const out = new Uint8Array(start + data.byteLength);
  out.set([...MAGIC, 1, 0, header.length & 0xFF, header.length >> 8]);
  out.set(new TextEncoder().encode(header), prefix);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return out;
}
