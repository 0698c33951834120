import { learnLocalPrior, type LocalPrior } from "../../../core/inference/local_prior.ts";
import { fold, type Key, normals } from "../../../core/base/random.ts";

/** Four bands in two windows: few enough for small images. */
export const settings = {
  bands: { radii: [0.08, 0.25], dips: [-40, 0, 40] },
  windows: { down: 2, across: 1 },
  gains: { deviation: 1.2, alike: { windows: 0.5, radii: 0.3, dips: 0.3 } },
};

/** The prior that 30 images of `side` x `side` cells tell, smooth from row to row. */
export function smallPrior(side: number, key: Key): LocalPrior {
  const n = side ** 2;
  const images = normals(fold(key, "training"), 30 * n).map((v, k, e) => v + (e[k + side] ?? 0));
  return learnLocalPrior(images, { shape: [side, side], mask: new Float32Array(n).fill(1), settings });
}
