/** `(-1)^s 0.f 16^(e - 64)` of a System/360 single: 1 bit of s, 7 of e, 24 of f. Beyond f32 in range. */
export function fromIbm(word: number): number {
  const size = (word & 0xFFFFFF) * 2 ** (4 * ((word >>> 24 & 0x7F) - 64) - 24);
  return word >>> 31 ? -size : size;
}

/** The nearest System/360 single of an f32 number: it keeps 21 to 24 of its bits. */
export function toIbm(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`IBM floats have no ${value}: samples must be finite`);
  if (value === 0) return 0;
  let fraction = Math.abs(value), exponent = 64;
  for (; fraction >= 1; exponent++) fraction /= 16;
  for (; fraction < 1 / 16; exponent--) fraction *= 16;
  let digits = Math.round(fraction * 2 ** 24);
  if (digits === 2 ** 24) {
    digits = 2 ** 20;
    exponent++;
  }
  return ((value < 0 ? 0x80 : 0) + exponent) * 2 ** 24 + digits;
}
