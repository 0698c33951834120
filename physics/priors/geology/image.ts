import { fold, type Key, normals64 } from "../../../core/base/random.ts";
import { ricker } from "../../wavelet.ts";
import { type Range, within } from "./draws.ts";
import { drawLayers, FINE, type LayerParameters, type Reflectivity } from "./layers.ts";
import { drawStructure, type Place, type Structure, type StructureParameters } from "./structure.ts";

export interface GeologyParameters extends StructureParameters, LayerParameters {
  readonly wavenumber: Range;
  readonly texture: Range;
  readonly rms: Range;
}

type Shape = readonly [number, number];

/** One migrated-looking image [nz, nx], 0 where the mask is 0, of a drawn RMS elsewhere. */
export function drawImage(
  parameters: GeologyParameters,
  { key, shape, mask }: { key: Key; shape: Shape; mask: Float32Array },
): Float64Array {
  const structure = drawStructure(parameters, { key: fold(key, "structure"), shape });
  const packages = Array.from(
    { length: structure.packages },
    (_, i) => drawLayers(parameters, { key: fold(fold(key, "layers"), i), shape }),
  );
  const wavelet = depthWavelet(within(parameters.wavenumber, { key, name: "wavenumber" }));
  const layered = normalised(blurred(imageOf({ structure, packages }, { wavelet, shape }), shape), {
    mask,
    rms: 1,
  });
  const grain = blurred(normals64(fold(key, "grain"), layered.length), shape);
  const texture = within(parameters.texture, { key, name: "texture" }) / BLURRED_RMS;
  const image = layered.map((v, i) => v + texture * grain[i]);
  return normalised(image, { mask, rms: within(parameters.rms, { key, name: "rms" }) });
}

/** Power-weighted mean wavenumber of a Ricker wavelet in units of its peak: `Gamma(3) / Gamma(5/2) / sqrt(2)`. */
const MEAN_TO_PEAK = 1.064;

/** Ricker wavelet over depth, zero-phase, of a mean wavenumber [cycles per cell], sampled FINE times per cell. */
function depthWavelet(wavenumber: number): Float64Array {
  const peak = wavenumber / MEAN_TO_PEAK, half = Math.ceil(1.2 * FINE / peak);
  return ricker({ frequency: peak, delay: half / FINE, count: 2 * half + 1, dt: 1 / FINE }).samples;
}

/** Longest step in depositional depth between neighbours of one trace, in intervals; more is a fault's jump. */
const LONGEST = 3;

/** Every trace of the reflectivity, above and below the image too, convolved with the wavelet. */
function imageOf(
  { structure, packages }: { structure: Structure; packages: readonly Reflectivity[] },
  { wavelet, shape: [nz, nx] }: { wavelet: Float64Array; shape: Shape },
): Float64Array {
  const out = new Float64Array(nz * nx), half = (wavelet.length - 1) / 2;
  const from: Place = { package: 0, depth: 0 }, to: Place = { package: 0, depth: 0 };
  for (let x = 0; x < nx; x++) {
    structure.locate(-half / FINE, x, to);
    for (let fine = -half; fine < nz * FINE + half; fine++) {
      Object.assign(from, to);
      structure.locate((fine + 1) / FINE, x, to);
      const step = (to.depth - from.depth) * FINE;
      if (to.package !== from.package || step <= 0 || step > LONGEST) continue;
      const r = packages[to.package](x, from.depth, to.depth);
      if (r === 0) continue;
      const first = Math.max(0, Math.ceil((fine - half) / FINE));
      const last = Math.min(nz - 1, Math.floor((fine + half) / FINE));
      for (let z = first; z <= last; z++) out[z * nx + x] += wavelet[z * FINE - fine + half] * r;
    }
  }
  return out;
}

/** RMS of blurred white noise: `sqrt(1/16 + 4/16 + 1/16)`. */
const BLURRED_RMS = Math.sqrt(6) / 4;

/** Weights 1/4, 1/2, 1/4 along x: the lateral resolution of a migration, and no stairs on dipping layers. */
function blurred(image: Float64Array, [nz, nx]: Shape): Float64Array {
  const out = new Float64Array(nz * nx);
  for (let row = 0; row < nz * nx; row += nx) {
    for (let x = 0; x < nx; x++) {
      const left = image[row + Math.max(0, x - 1)], right = image[row + Math.min(nx - 1, x + 1)];
      out[row + x] = 0.25 * left + 0.5 * image[row + x] + 0.25 * right;
    }
  }
  return out;
}

/** The image times the mask, scaled to an RMS over the unmasked cells; an image without reflectors stays 0. */
function normalised(image: Float64Array, { mask, rms }: { mask: Float32Array; rms: number }): Float64Array {
  let energy = 0, count = 0;
  for (let i = 0; i < image.length; i++) {
    energy += mask[i] * image[i] ** 2;
    count += mask[i];
  }
  const factor = energy > 0 ? rms / Math.sqrt(energy / count) : 0;
  return image.map((v, i) => factor * mask[i] * v);
}
