import { z } from "zod";
import { sizeOf } from "../../base/shape.ts";
import { fold, type Key } from "../../base/random.ts";
import { observe, type Problem } from "../../inference/simulate.ts";
import {
  diagonalOf,
  filterImage,
  type ImageSpectrum,
  meanCrossSpectrum,
  meanSpectrum,
  PROBES,
  probesOf,
  smoothedCells,
  smoothedSpectrum,
  whitenerOf,
} from "../../linalg/mod.ts";
import { imagesOf } from "../../problem/gaussian_service.ts";
import { baseline } from "../baseline.ts";
import { method } from "../method.ts";

/** Training images whose migration tells the filter. */
const IMAGES = 8;
/** Largest lag of the filter in cells: the spectra of few images are noisy at single wavenumbers. */
const REACH = 12;
/** Cells darker than this part of the brightest count as this bright. */
const FLOOR = 1e-3;

/**
 * Wiener-filtered migration: the linear filter of least error between the migrated image, scaled by illumination, and
 * the image itself. With `u = D^(1/2) x` and `y = D^(-1/2) J^T W W d`, D the illumination `diag(J^T W W J)`, its gain is
 * the cross spectrum of u and y over the spectrum of y, which holds signal and noise. Both spectra are those of a few
 * training images that are observed and migrated once (Guitton 2004, Geophysics 69, 1017-1024, fits such filters).
 */
export const wiener = method({
  kind: "wiener",
  about: "migration scaled by illumination and filtered by the spectra of prior and noise; no further solve",
  label: "Wiener-filtered RTM",
  color: "#999933",
  samples: false,
  needs: ["image", "linear"],
  asked: "baselines",
  schema: z.strictObject({}),
  cost: () => ({ applications: 1, perScenario: 2 * (PROBES + IMAGES) }),
  build(_options, given) {
    const { spec, problems, context } = given, filters = new Map<Problem, Promise<Filter>>();
    const key = fold(context.key, "wiener");
    const filterFor = async (problem: Problem) => {
      const { prior } = (await problems.nominal()).problem;
      return await filterOf(problem, { images: await prior.sample(fold(key, "images"), IMAGES), key });
    };
    return baseline({
      kind: "wiener",
      reads: imagesOf(spec),
      async estimate(problem, { data }) {
        const filter = filters.get(problem) ?? filterFor(problem);
        filters.set(problem, filter);
        return { mean: filtered(await scaledMigration(problem, { data, ...await filter }), await filter) };
      },
    }, given);
  },
});

/** `D^(-1/2)`, 0 in muted cells, and the gain. */
interface Filter {
  readonly scale: Float64Array;
  readonly gain: ImageSpectrum;
  readonly shape: readonly number[];
}

/** `D^(-1/2) J^T W W d`. */
async function scaledMigration(
  problem: Problem,
  { data, scale }: { data: Float32Array; scale: Float64Array },
): Promise<Float32Array> {
  const whiten = whitenerOf(problem), image = await problem.survey.stacked.adjoint(whiten(whiten(data)));
  return Float32Array.from(image, (v, i) => v * scale[i]);
}

function filtered(y: Float32Array, { scale, gain, shape: [height, width] }: Filter): Float32Array {
  return Float32Array.from(filterImage(y, { height, width, gain }), (v, i) => v * scale[i]);
}

async function filterOf(
  problem: Problem,
  { images, key }: { images: Float32Array; key: Key },
): Promise<Filter> {
  const { survey: { domain: { shape }, mask, stacked } } = problem,
    [height, width] = shape,
    size = sizeOf({ shape });
  const probes = await probesOf(stacked, { key, whiten: whitenerOf(problem) });
  const light = smoothedCells(diagonalOf(probes), shape), brightest = light.reduce((a, b) => Math.max(a, b));
  const scale = light.map((h, i) => mask[i] / Math.sqrt(Math.max(h, FLOOR * brightest)));
  const u = images.map((x, k) => mask[k % size] === 0 ? 0 : x / scale[k % size]),
    y = new Float32Array(images.length);
  for (let i = 0; i < IMAGES; i++) {
    const data = await observe(problem, images.subarray(i * size, (i + 1) * size), fold(key, i));
    y.set(await scaledMigration(problem, { data, scale }), i * size);
  }
  const extent = { height, width },
    smooth = (spectrum: ImageSpectrum) => smoothedSpectrum(spectrum, REACH).values;
  const cross = smooth(meanCrossSpectrum(u, y, extent)),
    spectrum = meanSpectrum(y, extent),
    power = smooth(spectrum);
  return {
    scale,
    shape,
    gain: { ...spectrum, values: cross.map((c, k) => power[k] > 0 ? c / power[k] : 0) },
  };
}
