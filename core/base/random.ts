/**
 * Counter-based random streams: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers:
 * as easy as 1, 2, 3", SC11). A key names a stream; value i of a stream depends on (key, i) alone, so batch
 * size, backend and resume leave random inputs unchanged.
 */

/** Two 32-bit words that name a stream. */
export type Key = readonly [number, number];

/** Four 32-bit words from a 128-bit counter and a 64-bit key, ten rounds. */
export function philox4x32(counter: readonly [number, number, number, number], key: Key): Uint32Array {
  const out = new Uint32Array(4);
  writeBlock(out, 0, { counter, key });
  return out;
}

/** Writes the block of one counter to `out[at..at+3]`; scalar throughout, since it makes every random number. */
function writeBlock(
  out: Uint32Array,
  at: number,
  { counter, key }: { counter: readonly [number, number, number, number]; key: Key },
): void {
  let c0 = counter[0] | 0, c1 = counter[1] | 0, c2 = counter[2] | 0, c3 = counter[3] | 0;
  let k0 = key[0] | 0, k1 = key[1] | 0;
  for (let round = 0; round < 10; round++) {
    const hi0 = mulHigh(0xD251, 0x1F53, c0), lo0 = Math.imul(0xD2511F53, c0);
    const hi1 = mulHigh(0xCD9E, 0x8D57, c2), lo1 = Math.imul(0xCD9E8D57, c2);
    c0 = hi1 ^ c1 ^ k0;
    c1 = lo1;
    c2 = hi0 ^ c3 ^ k1;
    c3 = lo0;
    k0 = (k0 + 0x9E3779B9) | 0;
    k1 = (k1 + 0xBB67AE85) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** High word of the 64-bit product of (aHigh, aLow) and b, by 16-bit halves in unsigned 32-bit arithmetic. */
function mulHigh(aHigh: number, aLow: number, b: number): number {
  const bHigh = b >>> 16, bLow = b & 0xFFFF;
  const low = Math.imul(aLow, bLow) >>> 16;
  const mid = (Math.imul(aHigh, bLow) >>> 0) + low;
  const mid2 = (Math.imul(aLow, bHigh) >>> 0) + (mid & 0xFFFF);
  return (Math.imul(aHigh, bHigh) + ((mid / 0x10000) | 0) + ((mid2 / 0x10000) | 0)) | 0;
}

/** Counter word that keeps derived keys apart from drawn values. */
const FOLD = 0x666F6C64;

/** The root stream of a seed (an integer below 2^53). */
export function rootKey(seed: number): Key {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** The stream that `key` derives for a name or an index; a new name never shifts the others. */
export function fold(key: Key, name: string | number): Key {
  const words = typeof name === "number" ? [name >>> 0, 0] : hashName(name);
  const out = philox4x32([words[0], words[1], typeof name === "number" ? 1 : 2, FOLD], key);
  return [out[0], out[1]];
}

/** FNV-1a over UTF-8, twice with different offsets: 64 bits. */
function hashName(name: string): [number, number] {
  let a = 0x811C9DC5, b = 0x01000193 ^ name.length;
  for (const byte of new TextEncoder().encode(name)) {
    a = Math.imul(a ^ byte, 0x01000193) >>> 0;
    b = Math.imul(b ^ byte, 0x01000193 + 0x2000) >>> 0;
  }
  return [a, b];
}

/** `n` unsigned 32-bit integers of a stream. */
export function integers(key: Key, n: number): Uint32Array {
  const out = new Uint32Array(4 * Math.ceil(n / 4));
  for (let block = 0; 4 * block < n; block++) writeBlock(out, 4 * block, { counter: [block, 0, 0, 0], key });
  return out.subarray(0, n);
}

/** `n` uniforms in the open interval (0, 1), 32 bits each. */
export function uniforms(key: Key, n: number): Float64Array {
  const words = integers(key, n), out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = (words[i] + 0.5) / 2 ** 32;
  return out;
}

/** `n` standard normals by Box and Muller (1958), computed in f64. */
export function normals64(key: Key, n: number): Float64Array {
  const pairs = Math.ceil(n / 2);
  const u = uniforms(key, 2 * pairs);
  const out = new Float64Array(n);
  for (let i = 0; i < pairs; i++) {
    const radius = Math.sqrt(-2 * Math.log(u[2 * i])), angle = 2 * Math.PI * u[2 * i + 1];
    out[2 * i] = radius * Math.cos(angle);
    if (2 * i + 1 < n) out[2 * i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** `n` standard normals, rounded to f32. */
export function normals(key: Key, n: number): Float32Array {
  return new Float32Array(normals64(key, n));
}

/** A uniformly random permutation of 0..n-1 (Fisher and Yates). */
export function permutation(key: Key, n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const u = uniforms(key, n);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(u[i] * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
