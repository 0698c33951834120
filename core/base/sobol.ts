/**
 * Sobol's sequence (1967) with the direction numbers of Joe and Kuo 2008, "Constructing Sobol sequences with better
 * two-dimensional projections" (their table new-joe-kuo-6): points whose every prefix fills the cube evenly.
 */

/** Degree s and coefficients a of each dimension's primitive polynomial, and its first s direction integers. */
const TABLE: readonly { readonly s: number; readonly a: number; readonly m: readonly number[] }[] = [
  { s: 1, a: 0, m: [1] },
  { s: 2, a: 1, m: [1, 3] },
  { s: 3, a: 1, m: [1, 3, 1] },
  { s: 3, a: 2, m: [1, 1, 1] },
  { s: 4, a: 1, m: [1, 1, 3, 3] },
  { s: 4, a: 4, m: [1, 3, 5, 13] },
  { s: 5, a: 2, m: [1, 1, 5, 5, 17] },
  { s: 5, a: 4, m: [1, 1, 5, 5, 5] },
  { s: 5, a: 7, m: [1, 1, 7, 11, 19] },
  { s: 5, a: 11, m: [1, 1, 5, 1, 1] },
  { s: 5, a: 13, m: [1, 1, 1, 3, 11] },
  { s: 5, a: 14, m: [1, 3, 5, 5, 31] },
  { s: 6, a: 1, m: [1, 3, 3, 9, 7, 49] },
  { s: 6, a: 13, m: [1, 1, 1, 15, 21, 21] },
  { s: 6, a: 16, m: [1, 3, 1, 13, 27, 49] },
  { s: 6, a: 19, m: [1, 1, 1, 15, 7, 5] },
  { s: 6, a: 22, m: [1, 3, 1, 15, 13, 25] },
  { s: 6, a: 25, m: [1, 1, 5, 5, 19, 61] },
  { s: 7, a: 1, m: [1, 3, 7, 11, 23, 15, 103] },
  { s: 7, a: 4, m: [1, 3, 7, 13, 13, 15, 69] },
];

/** Dimensions that the table serves; the first is van der Corput's sequence. */
export const SOBOL_DIMENSIONS = TABLE.length + 1;

const BITS = 32;

/** Coordinate `dimension` of point `index`, as the 32 bits after the binary point. */
export function sobolBits(index: number, dimension: number): number {
  const gray = (index ^ (index >>> 1)) >>> 0;
  let bits = 0;
  for (const [i, direction] of directions(dimension).entries()) {
    if ((gray >>> i) & 1) bits ^= direction;
  }
  return bits >>> 0;
}

/** Direction numbers v_1..v_32, scaled by 2^32: the recurrence of Joe and Kuo, section 2. */
function directions(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) return v.map((_, i) => 2 ** (BITS - 1 - i));
  const { s, a, m } = TABLE[dimension - 1];
  for (let i = 0; i < BITS; i++) {
    if (i < s) v[i] = m[i] * 2 ** (BITS - 1 - i);
    else {
      v[i] = v[i - s] ^ (v[i - s] >>> s);
      for (let k = 1; k < s; k++) if ((a >>> (s - 1 - k)) & 1) v[i] ^= v[i - k];
    }
  }
  return v;
}
