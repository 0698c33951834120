import { z } from "zod";
import type { LatentCorrection } from "../../core/contracts/correction.ts";
import type { Params } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { add, exp, mul, neg, reshape, type Tensor, values, zeros } from "../../core/engine/mod.ts";
import { affine } from "../layers/affine.ts";
import { convolutionConditioner } from "../layers/conditioner.ts";
import { coupling } from "../layers/coupling.ts";
import { type Layer, part, prefixed } from "../layers/layer.ts";
import { permute, reversed } from "../layers/permutation.ts";
import { sequence } from "../layers/sequence.ts";
import { pixels } from "../layers/squeeze.ts";
import { diagonalCorrection } from "./diagonal.ts";
import { isImageLayout } from "../layers/layout.ts";

const schema = z.strictObject({
  depth: z.int().min(1).max(32).default(2).describe("pairs of couplings, each of one half given the other"),
  hidden: z.int().min(1).max(1024).default(32).describe("units of the conditioners"),
});

/** A small flow in latent space. */
export const flow = plugin({
  slot: "correction",
  kind: "flow",
  about: "a small coupling flow of the latents, then s * z + mu: bends as well as it stretches",
  schema,
  preflight(_options, { flow }) {
    if (!flow || !isImageLayout(flow.x)) return [];
    const [height, width] = flow.x;
    if (height % 2 === 0 && width % 2 === 0) return [];
    const message =
      `is flow, which sees blocks of 2 x 2 cells: both sides of ${height} x ${width} must be even`;
    return [{ path: ["kind"], message }];
  },
  build: (options) => flowCorrection(options),
});

/** How latents of a shape are laid out for couplings: [n, h, w, channels]. */
interface Frame {
  readonly layer: Layer;
  into(z: Tensor): Tensor;
  back(y: Tensor): Tensor;
}

/**
 * `z' = s * g(z) + mu`, g a flow of affine couplings without a context; the identity at the start. A vector of
 * latents is one pixel, an image has its 2 x 2 blocks as channels. A single latent has no other half to be conditioned
 * on; its correction is the diagonal one.
 */
export function flowCorrection({ depth, hidden }: z.output<typeof schema>): LatentCorrection {
  const couplings = (kernel: number) => {
    const conditioner = convolutionConditioner({ hidden, kernel });
    const half = [coupling({ conditioner, transform: affine, contextGradient: false }), permute(reversed)];
    return sequence(Array.from({ length: 2 * depth }, () => half).flat());
  };
  const images: Frame = { layer: couplings(3), into: pixels.squeeze, back: pixels.unsqueeze };
  const vectors: Frame = { layer: couplings(1), into: asPixel, back: asVector };
  const single: Frame = { ...vectors, layer: sequence([]) };
  const frameOf = (shape: readonly number[]) =>
    isImageLayout(shape) ? images : shape[0] > 1 ? vectors : single;
  const walk = (params: Params, z: Tensor) => {
    const frame = frameOf(z.shape.slice(1)), bend = part(params, "couplings");
    const { y, logdet } = frame.layer.forward(bend, frame.into(z));
    return { frame, bend, y, logdet, bent: frame.back(y) };
  };
  return {
    changes: "latents",
    init(key, shape) {
      const { layer, into } = frameOf(shape), x = into(zeros([1, ...shape]));
      return { ...diagonalCorrection.init(key, shape), ...prefixed("couplings", layer.init(key, { x })) };
    },
    apply(params, z) {
      const { bent, logdet } = walk(params, z), out = diagonalCorrection.apply(params, bent);
      return { z: out.z, logdet: add(out.logdet, logdet) };
    },
    gradient(params, z, dz) {
      const { frame, bend, y, bent } = walk(params, z), n = z.shape[0];
      const dy = frame.into(mul(dz, mul(exp(params.logScale), 1 / n)));
      const { dparams } = frame.layer.backward(bend, y, { dy, dlogdet: -1 / n });
      return { ...diagonalCorrection.gradient(params, bent, dz), ...prefixed("couplings", dparams) };
    },
    score: (params, z) =>
      values(() => {
        const { layer, into, back } = frameOf(z.shape.slice(1)), x = into(z);
        const { dy } = layer.pullback(part(params, "couplings"), x, { dx: neg(x), dlogdet: -1 });
        return mul(back(dy), exp(neg(params.logScale)));
      }),
  };
}

const asPixel = (z: Tensor) => reshape(z, [z.shape[0], 1, 1, z.shape[1]!]);
const asVector = (y: Tensor) => reshape(y, [y.shape[0], y.shape[3]!]);
