import { decodeNpy, encodeNpy, type NpyData } from "../data/npy.ts";
import type { StageFiles } from "./cache.ts";

const TEXT = "value.json";

/**
 * Encodes a plain value as files: JSON, with each typed array in a separate .npy file. Numbers that JSON lacks (NaN,
 * infinities, -0) are encoded too, so that decoding returns exactly the stored value.
 */
export function encodeValue(value: unknown): StageFiles {
  const files: Record<string, Uint8Array> = {};
  const text = JSON.stringify({ value }, (_, v) => {
    if (ArrayBuffer.isView(v)) {
      const name = `${Object.keys(files).length}.npy`, data = v as NpyData;
      files[name] = encodeNpy(data, [data.length]);
      return { $array: name };
    }
    if (typeof v === "number" && (!Number.isFinite(v) || Object.is(v, -0))) {
      return { $number: Object.is(v, -0) ? "-0" : String(v) };
    }
    return v;
  });
  return { ...files, [TEXT]: new TextEncoder().encode(text) };
}

/** The value of {@link encodeValue}'s files. */
export function decodeValue<T>(files: StageFiles): T {
  const text = new TextDecoder().decode(files[TEXT]);
  return JSON.parse(text, (_, v) => {
    if (typeof v?.$array === "string") return decodeNpy(files[v.$array]).data;
    return typeof v?.$number === "string" ? Number(v.$number) : v;
  }).value;
}
