import { z } from "zod";
import type { FlatParams } from "../engine/mod.ts";
import { sizeOf } from "../base/shape.ts";

const count = z.int().min(0);
const entry = z.strictObject({
  dtype: z.literal("F32"),
  shape: z.array(count),
  data_offsets: z.tuple([count, count]),
});
const schema = z.object({ __metadata__: z.record(z.string(), z.string()).default({}) }).catchall(entry);

/** Tensors and a string map in the safetensors format: u64 header length, JSON header, f32 data. */
export function encodeSafetensors(
  tensors: FlatParams,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const names = Object.keys(tensors).sort();
  let end = 0;
  for (const name of names) {
    const { shape, values } = tensors[name], from = end;
    end += values.byteLength;
    header[name] = { dtype: "F32", shape, data_offsets: [from, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(out.buffer).setBigUint64(0, BigInt(start - 8), true);
  out.set(json, 8);
  let at = start;
  for (const name of names) {
    const { values } = tensors[name];
    out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return out;
}

/** The f32 tensors and metadata of a safetensors file; bytes that are none are an error that says why. */
export function decodeSafetensors(
  bytes: Uint8Array,
): { tensors: FlatParams; metadata: Record<string, string> } {
  const { header, start } = readHeader(bytes), { success, data } = schema.safeParse(header);
  if (!success) {
    throw new Error("These are no safetensors of f32 values: the header describes something else.");
  }
  const { __metadata__: metadata, ...entries } = data;
  const tensors: Record<string, FlatParams[string]> = {};
  let end = start;
  for (const [name, { shape, data_offsets: [from, to] }] of Object.entries(entries)) {
    if (to - from !== 4 * sizeOf({ shape })) {
      throw new Error(`These safetensors are damaged: ${name} of shape [${shape}] has ${to - from} bytes.`);
    }
    if (start + to > bytes.length) throw truncated(bytes, start + to);
    tensors[name] = { shape, values: new Float32Array(bytes.slice(start + from, start + to).buffer) };
    end = Math.max(end, start + to);
  }
  if (end < bytes.length) {
    throw new Error(
      `These safetensors are damaged: ${bytes.length - end} bytes follow that belong to no tensor.`,
    );
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array): { header: unknown; start: number } {
  if (bytes.length < 8) throw truncated(bytes, 8);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  // The format's own limit; the first bytes of another format read as a number far beyond it.
  if (length > 100e6) throw new Error("These are no safetensors: they do not begin with a header's length.");
  const start = 8 + Number(length);
  if (start > bytes.length) throw truncated(bytes, start);
  try {
    return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))), start };
  } catch {
    throw new Error("These are no safetensors: the header is not JSON.");
  }
}

function truncated({ length }: Uint8Array, expected: number): Error {
  return new Error(
    `These safetensors are truncated: at least ${expected} bytes are due, there are ${length}.`,
  );
}
