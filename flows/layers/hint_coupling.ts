import { zeros } from "../../core/engine/mod.ts";
import { coupling, couplingFlops, type CouplingOptions, type CouplingSizes } from "./coupling.ts";
import type { Layer } from "./layer.ts";
import { parallel, sequence } from "./sequence.ts";

const identity: Layer = {
  init: () => ({}),
  forward: (_params, x) => ({ y: x.clone(), logdet: zeros([x.shape[0]]) }),
  inverse: (_params, y) => y.clone(),
  backward: (_params, y, { dy }) => ({ x: y.clone(), dx: dy.clone(), dparams: {} }),
  pullback: (_params, x, { dx }) => ({ y: x.clone(), logdet: zeros([x.shape[0]]), dy: dx.clone() }),
};

/**
 * Hierarchical invertible coupling over `width` channels (Kruse, Detommaso, Koethe, Scheichl 2021, HINT): a
 * coupling of the two halves, then the same within each half, so that the Jacobian is dense triangular.
 */
export function hintCoupling(width: number, options: CouplingOptions): Layer {
  if (width < 2) return identity;
  const first = Math.floor(width / 2);
  return sequence([
    coupling(options),
    parallel(hintCoupling(first, options), hintCoupling(width - first, options)),
  ]);
}

/** Multiplications and additions per pixel of `hintCoupling(width)` for `size.channels` channels. */
export function hintCouplingFlops(width: number, size: CouplingSizes): number {
  if (width < 2) return 0;
  const first = Math.floor(width / 2), half = Math.floor(size.channels / 2);
  return couplingFlops(size) + hintCouplingFlops(first, { ...size, channels: half }) +
    hintCouplingFlops(width - first, { ...size, channels: size.channels - half });
}
