/** Centres of bands of wavenumber. */
export interface BandCentres {
  /** Radii in cycles a sample, ascending. */
  readonly radii: readonly number[];
  /** Dips of reflectors in degrees, as drawn in samples, ascending within (-90, 90]; positive ones fall to the right. */
  readonly dips: readonly number[];
}

/** One band: its radius in cycles a sample, and its dip in degrees unless it holds all dips. */
export interface Band {
  readonly radius: number;
  readonly dip?: number;
}

/** The bands in order: the lowest radius with all dips, then each radius with each dip. */
export function bandsOf({ radii: [lowest, ...radii], dips }: BandCentres): Band[] {
  return [{ radius: lowest }, ...radii.flatMap((radius) => dips.map((dip) => ({ radius, dip })))];
}

/**
 * Weights of bands at the wavenumbers of a transform of `rows` x `columns`, flat [bands][rows, columns]: raised
 * cosines in the logarithm of the radius times raised cosines in dip. They sum to 1, and a wavenumber has the weight
 * of its negative, so that real images have real parts.
 */
export function bandWeights(
  { radii, dips }: BandCentres,
  { rows, columns }: { rows: number; columns: number },
): Float64Array[] {
  const weights = bandsOf({ radii, dips }).map(() => new Float64Array(rows * columns));
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const here = r * columns + c, there = (rows - r) % rows * columns + (columns - c) % columns;
      weightsAt({ kz: signedFrequency(r, rows), kx: signedFrequency(c, columns) }, { radii, dips })
        .forEach((w, b) => {
          weights[b][here] += w / 2;
          weights[b][there] += w / 2;
        });
    }
  }
  return weights;
}

/** Cycles a sample of element k of a transform of length n. */
function signedFrequency(k: number, n: number): number {
  return (2 * k < n ? k : k - n) / n;
}

function weightsAt({ kz, kx }: { kz: number; kx: number }, { radii, dips }: BandCentres): number[] {
  const [lowest, ...upper] = raisedCosines(radii.map(Math.log), Math.log(Math.hypot(kz, kx)));
  const angle = kz === 0 ? 90 : Math.atan(-kx / kz) * 180 / Math.PI;
  const dipping = circularCosines(dips, { at: angle, period: 180 });
  return [lowest, ...upper.flatMap((w) => dipping.map((d) => w * d))];
}

/** Weights of ascending centres at a point: raised cosines between neighbours, 1 beyond the outer ones. Sum 1. */
export function raisedCosines(centres: readonly number[], at: number): number[] {
  return neighbours(centres, at).map((w) => Math.sin(Math.PI / 2 * w) ** 2);
}

/** The same, linear between neighbours. */
export function neighbours(centres: readonly number[], at: number): number[] {
  const weights = centres.map(() => 0), last = centres.length - 1;
  const next = centres.findIndex((c) => c >= at);
  if (next === 0) weights[0] = 1;
  else if (next < 0) weights[last] = 1;
  else {
    weights[next] = (at - centres[next - 1]) / (centres[next] - centres[next - 1]);
    weights[next - 1] = 1 - weights[next];
  }
  return weights;
}

/** Raised cosines on a circle: the last centre and the first are neighbours too. */
function circularCosines(
  centres: readonly number[],
  { at, period }: { at: number; period: number },
): number[] {
  const last = centres.length - 1;
  const [before, ...weights] = raisedCosines(
    [centres[last] - period, ...centres, centres[0] + period],
    at,
  );
  const after = weights.pop()!;
  weights[last] += before;
  weights[0] += after;
  return weights;
}
