/** NumPy's .npy format, versions 1 to 3: a magic string, a header that is a Python literal, the values. */
import { bytesOf, decodeNumbers, KEPT, type NumberArray } from "./numbers.ts";
import { parseNpyHeader } from "./npy_header.ts";
import { sizeOf } from "../base/shape.ts";

/** An array's values, flat in C order, and its shape. */
export interface NpyArray {
  readonly data: NpyData;
  readonly shape: readonly number[];
}

export type NpyData = NumberArray;

const MAGIC = [0x93, ...new TextEncoder().encode("NUMPY")];
/** NumPy aligns the values to this many bytes. */
const ALIGNMENT = 64;

/** The array that the bytes of a .npy file hold, as numpy.load reads it. */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const { text, start } = readHeader(bytes), { code, bigEndian, fortranOrder, shape } = parseNpyHeader(text);
  const wanted = sizeOf({ shape }) * bytesOf(code),
    there = bytes.length - start;
  if (there !== wanted) {
    throw new Error(
      `The file ${there < wanted ? "is cut off" : "is longer than its array"}: shape [${shape}] of ${code} ` +
        `takes ${wanted} bytes, ${there} are there`,
    );
  }
  const data = decodeNumbers(bytes.subarray(start), { code, shape, bigEndian });
  return { data: fortranOrder && shape.length > 1 ? inCOrder(data, shape) : data, shape };
}

function readHeader(bytes: Uint8Array): { text: string; start: number } {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    const zip = bytes[0] === 0x50 && bytes[1] === 0x4B;
    throw new Error(
      zip
        ? "This is an archive such as a .npz file: save its one array with numpy.save"
        : "This is not a .npy file: it does not begin with \\x93NUMPY",
    );
  }
  const version = bytes[6];
  if (version < 1 || version > 3) {
    throw new Error(`The .npy format has version ${version}: it must be 1, 2 or 3`);
  }
  const from = version === 1 ? 10 : 12, view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < from
    ? Infinity
    : version === 1
    ? view.getUint16(8, true)
    : view.getUint32(8, true);
  if (from + length > bytes.length) throw new Error("The file is cut off in its header");
  const encoding = version === 3 ? "utf-8" : "latin1";
  return {
    text: new TextDecoder(encoding).decode(bytes.subarray(from, from + length)),
    start: from + length,
  };
}

/** Values whose first index runs fastest, in the order in which the last one does. */
function inCOrder<T extends NpyData>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T, place = shape.map(() => 0);
  const strides = shape.map((_, axis) => sizeOf({ shape: shape.slice(0, axis) }));
  for (let i = 0, from = 0; i < out.length; i++) {
    out[i] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++place[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      place[axis] = 0;
    }
  }
  return out;
}

/** The bytes of a .npy file (version 1) of an array, flat in C order. */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array {
  if (sizeOf({ shape }) !== data.length) {
    throw new Error(`${data.length} values do not fill the shape [${shape}]`);
  }
  const code = Object.entries(KEPT).find(([, type]) => data instanceof type)![0];
  const order = data.BYTES_PER_ELEMENT > 1 ? "<" : "|";
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const prefix = MAGIC.length + 4;
  const start = Math.ceil((prefix + literal.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = literal.padEnd(start - prefix - 1) + "\n";
  const out = new Uint8Array(start + data.byteLength);
  out.set([...MAGIC, 1, 0, header.length & 0xFF, header.length >> 8]);
  out.set(new TextEncoder().encode(header), prefix);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return out;
}
