import { type ImageFrame, type PictureRow, symmetric } from "./image_rows.ts";
import { labelOf, methodsWith } from "./looks.ts";
import type { StoredArray } from "./run_folder.ts";

/** How much stronger than in training each method took each band of wavenumber and dip to be, window by window. */
export function gainRows(
  arrays: ReadonlyMap<string, StoredArray>,
  { axes, looks }: ImageFrame,
): PictureRow[] {
  return methodsWith("gains", { arrays, looks }).flatMap((method) => {
    const gains = arrays.get(`${method}-gains`)!, bands = arrays.get(`${method}-gain-bands`);
    if (!bands) return [];
    const [count, down, across] = gains.shape, size = down * across, scale = symmetric([gains]);
    const pictures = Array.from({ length: count }, (_, b) => ({
      name: `${method}-gain-${b + 1}`,
      title: bandText(bands.data[2 * b], bands.data[2 * b + 1]),
      field: { data: gains.data.slice(b * size, (b + 1) * size), shape: [down, across] },
      scale,
    }));
    return [{
      title: `Gains of the prior, ${labelOf(looks, method)}`,
      note:
        "How much stronger than the training images the data are, by wavenumber (cycles a sample) and dip (degrees, falling to the right), in windows of the image: light is stronger.",
      scale,
      quantity: "gain [dB]",
      ...axes,
      pictures,
    }];
  });
}

function bandText(radius: number, dip: number): string {
  return Number.isNaN(dip) ? `${radius}, all dips` : `${radius}, ${dip}°`;
}
