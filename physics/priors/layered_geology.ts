import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { fold } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { drawImage, type GeologyParameters } from "./geology/image.ts";

/** Schema of a range [lowest, highest]; every image draws its own value in it, uniformly. */
const range = (
  preset: [number, number],
  { text, min = -Infinity, max = Infinity }: { text: string; min?: number; max?: number },
) => {
  const end = z.number().min(min).max(max);
  const ordered = z.tuple([end, end]).refine(([low, high]) => low <= high, {
    error: "must be [lowest, highest] in that order",
  });
  return about(ordered.default(preset), text);
};

/** Schema of a range of whole numbers, both ends included. */
const counts = (preset: [number, number], text: string) => {
  const end = z.int().min(0).max(20);
  const ordered = z.tuple([end, end]).refine(([low, high]) => low <= high, {
    error: "must be [lowest, highest] in that order",
  });
  return about(ordered.default(preset), text);
};

const schema = z.strictObject({
  thickness: range([1.5, 4], { text: "mean thickness of the layers [cells]", min: 0.5 }),
  contrast: range([0, 0.6], {
    text: "spread of the reflectors' log-brightness: sets the kurtosis",
    min: 0,
  }),
  fading: range([0.1, 0.4], { text: "change of a reflector's brightness along x, as a fraction", min: 0 }),
  dip: range([-0.15, 0.15], { text: "slope of the layers [cells down per cell right]" }),
  folds: z.strictObject({
    amplitude: range([0, 2], { text: "of sinusoidal folds [cells]", min: 0 }),
    wavelength: range([48, 128], { text: "[cells]", min: 4 }),
  }).prefault({}),
  roughness: range([0.1, 0.5], { text: "RMS of the small undulations of the layers [cells]", min: 0 }),
  faults: z.strictObject({
    count: counts([0, 0], "number of normal faults"),
    throw: range([2, 8], { text: "vertical displacement [cells]", min: 0 }),
    dip: range([50, 80], {
      text: "of the fault planes [degrees from the horizontal, in cells]",
      min: 10,
      max: 90,
    }),
  }).prefault({}),
  unconformities: z.strictObject({
    count: counts([0, 1], "number of erosion surfaces"),
    tilt: range([-0.15, 0.15], { text: "slope added to the layers below one [cells per cell]" }),
  }).prefault({}),
  channels: z.strictObject({
    count: counts([0, 1], "number of channels per package of layers"),
    width: range([10, 30], { text: "[cells]", min: 1 }),
    depth: range([2, 6], { text: "[cells]", min: 1 }),
  }).prefault({}),
  wavenumber: range([0.1, 0.16], { text: "mean vertical wavenumber [cycles per cell]", min: 0.02, max: 0.3 }),
  texture: range([0.1, 0.35], {
    text: "RMS of a grain without structure, as a fraction of the layers'",
    min: 0,
  }),
  rms: range([0.8, 1.2], { text: "RMS of the image", min: 0.01 }),
});

/** Images that look like migrated sections. */
export const layeredGeology = plugin({
  slot: "prior",
  kind: "layered-geology",
  about: "migrated-looking images of sediments: layers, dip, folds, faults, unconformities, channels",
  schema,
  preflight(_parameters, { operator }) {
    const message = operator && kindFault(operator.domain);
    return message ? [{ path: ["kind"], message }] : [];
  },
  build: (parameters, { domain, mask }) => geologyPrior(parameters, { domain, mask }),
});

function kindFault({ kind, shape }: Space): string | undefined {
  if (kind === "image") return;
  return `is layered-geology, which fills images [z, x]: the unknown is a vector of ${shape}`;
}

/** Draws of {@link drawImage}; image i depends on (key, i) alone. */
function geologyPrior(
  parameters: GeologyParameters,
  { domain, mask }: { domain: Space; mask: Float32Array },
): Prior {
  const [nz, nx] = domain.shape, size = sizeOf(domain);
  const fault = kindFault(domain);
  if (fault) throw new Error(`prior.kind ${fault}`);
  return {
    space: domain,
    sample(key, n) {
      const out = new Float32Array(n * size);
      for (let i = 0; i < n; i++) {
        out.set(drawImage(parameters, { key: fold(key, i), shape: [nz, nx], mask }), i * size);
      }
      return Promise.resolve(out);
    },
  };
}
