import { z } from "zod";
import { plugin } from "../../core/registry/plugin.ts";
import type { Prior } from "../../core/contracts/problem.ts";
import { fold, permutation } from "../../core/base/random.ts";
import { about, filePath } from "../../core/base/units.ts";
import { loadImages, OptionFault, type SelectedImages } from "./image_files.ts";

const scalar = z.union([z.string(), z.number()]);

const schema = z.strictObject({
  images: about(filePath(), ".npy or HDF5 stack [n, z, x]; relative to the spec's folder"),
  dataset: about(z.string(), "name of the stack inside an HDF5 file").default("images"),
  table: about(
    filePath(),
    "csv beside it, one row per image; its column `index` or else its order names the image",
  )
    .optional(),
  where: about(
    z.record(z.string(), z.union([scalar, z.array(scalar).min(1)])),
    "columns of the table and the values to select",
  ).default({}),
  scale: about(z.number().positive(), "factor on stored values").default(1),
});

/** Images from a file. */
export const imagePatches = plugin({
  slot: "prior",
  kind: "image-patches",
  about: "images drawn from a file, selected by the columns of a table beside it",
  schema,
  async build(options, { domain, mask, specFolder }) {
    const images = await loadImages(options, { specFolder, domain: domain.shape }).catch((error) => {
      throw error instanceof OptionFault
        ? new Error(`prior.${error.path.join(".")}: ${error.message}`)
        : error;
    });
    return patchPrior({ ...images, scale: options.scale, domain, mask });
  },
  async preflight(options, { specFolder, operator }) {
    try {
      await loadImages(options, { specFolder, domain: operator?.domain.shape });
      return [];
    } catch (error) {
      if (error instanceof OptionFault) return [error];
      throw error;
    }
  },
});

/** Draws images of a stack without repetition until all have been drawn, then again in another order. */
function patchPrior(
  { stack, selected, scale, domain, mask }: SelectedImages & {
    scale: number;
    domain: Prior["space"];
    mask: Float32Array;
  },
): Prior {
  const size = mask.length;
  return {
    space: domain,
    sample(key, n) {
      const out = new Float32Array(n * size);
      for (let i = 0, order: Uint32Array = new Uint32Array(); i < n; i++) {
        const turn = i % selected.length;
        if (turn === 0) order = permutation(fold(key, i / selected.length), selected.length);
        const from = selected[order[turn]] * size;
        for (let k = 0; k < size; k++) out[i * size + k] = mask[k] * scale * stack.data[from + k];
      }
      return Promise.resolve(out);
    },
  };
}
