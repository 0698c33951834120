import type { Params } from "../contracts/flow.ts";
import { read, tensor } from "../engine/mod.ts";

/** Tensors and a string map in the safetensors format: u64 header length, JSON header, f32 data. */
export async function encodeSafetensors(
  params: Params,
  metadata: Record<string, string>,
): Promise<Uint8Array> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const chunks: Float32Array[] = [];
  let at = 0;
  for (const name of Object.keys(params).sort()) {
    const data = await read(params[name]);
    header[name] = { dtype: "F32", shape: params[name].shape, data_offsets: [at, at + 4 * data.length] };
    at += 4 * data.length;
    chunks.push(data);
  }
  let json = JSON.stringify(header);
  json += " ".repeat((8 - json.length % 8) % 8);
  const text = new TextEncoder().encode(json);
  const out = new Uint8Array(8 + text.length + at);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  let offset = 8 + text.length;
  for (const data of chunks) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return out;
}

/** The tensors and metadata of a safetensors file; tensors belong to the caller. */
export function decodeSafetensors(bytes: Uint8Array): { params: Params; metadata: Record<string, string> } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const { __metadata__: metadata, ...entries } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)),
  );
  const params: Record<string, ReturnType<typeof tensor>> = {};
  for (
    const [name, entry] of Object.entries(
      entries as Record<string, { shape: number[]; data_offsets: number[] }>,
    )
  ) {
    const [from, to] = entry.data_offsets;
    const data = bytes.slice(8 + length + from, 8 + length + to);
    params[name] = tensor(new Float32Array(data.buffer), entry.shape);
  }
  return { params, metadata };
}
