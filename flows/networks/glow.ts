import { z } from "zod";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/contracts/plugin.ts";
import { add, advance, joinChannels, type Tensor, tensor, zeros } from "../../core/engine/mod.ts";
import { fold } from "../../core/random.ts";
import { actnorm } from "../layers/actnorm.ts";
import { conv1x1 } from "../layers/conv1x1.ts";
import { coupling, couplingFlops } from "../layers/coupling.ts";
import { haar, haarSqueeze, inverseHaar } from "../layers/haar.ts";
import { type Layer, part, prefixed } from "../layers/layer.ts";
import { sequence } from "../layers/sequence.ts";
import { conditionalLoss, lossAndLatentGradient } from "./likelihood.ts";

const schema = z.strictObject({
  levels: z.int().min(1).max(5).default(2).describe("resolutions: each halves the image by a Haar squeeze"),
  depth: z.int().min(1).max(64).default(8).describe("flow steps per level"),
  hidden: z.int().min(1).max(1024).default(64).describe("channels of the conditioners"),
});

/** Conditional Glow for images. */
export const glow = plugin({
  slot: "flow",
  kind: "glow",
  about: "conditional multiscale flow for images: actnorm, 1x1 convolution, affine coupling (Glow)",
  schema,
  build: ({ levels, depth, hidden }, shapes) => glowFlow({ levels, depth, hidden, shapes }),
  cost: ({ levels, depth, hidden }, shapes) => {
    const { x: [height, width, colours], context } = shapes!;
    const flops = Array.from({ length: levels }, (_, level) => {
      const cells = 4 ** (level + 1), size = { channels: colours * cells, context: context[2] * cells + 1 };
      return depth * height * width / cells * couplingFlops({ ...size, hidden, kernel: 3 });
    });
    return { flops: flops.reduce((a, b) => a + b) };
  },
});

/**
 * Conditional Glow (Kingma and Dhariwal 2018): per level a Haar squeeze and `depth` steps of actnorm, 1x1
 * convolution and affine coupling conditioned on the context at that resolution. z has x's shape [h, w, 1].
 */
export function glowFlow(
  { levels, depth, hidden, shapes }: {
    levels: number;
    depth: number;
    hidden: number;
    shapes: Flow["shapes"];
  },
): Flow {
  const [height, width] = shapes.x, factor = 2 ** levels;
  if (height % factor !== 0 || width % factor !== 0) {
    throw new Error(
      `Cannot squeeze a ${height} x ${width} image ${levels} times: both sides must be multiples of ${factor}.`,
    );
  }
  const step = () => [actnorm, conv1x1, coupling({ hidden, kernel: 3, contextGradient: false })];
  const stages = Array.from(
    { length: levels },
    () => sequence([haarSqueeze, ...Array.from({ length: depth }, step).flat()]),
  );
  return {
    shapes,
    init(key, { x, context }) {
      const contexts = pyramid(context, levels);
      let params: Params = {};
      stages.forEach((stage, i) => {
        const own = stage.init(fold(key, i), { x, context: contexts[i] });
        params = { ...params, ...prefixed(`level${i}`, own) };
        x = stage.forward(own, x, contexts[i]).y;
      });
      return params;
    },
    forward(params, x, context) {
      const { y, logdet } = forwardStages(stages, params, x, pyramid(context, levels));
      return { z: unsqueezed(y, shapes.x), logdet };
    },
    inverse(params, z, context) {
      const contexts = pyramid(context, levels);
      let x = squeezed(z, levels);
      for (let i = levels - 1; i >= 0; i--) {
        x = advance([x], () => stages[i].inverse(part(params, `level${i}`), x, contexts[i]));
      }
      return x;
    },
    lossAndGradient(params, x, context) {
      const contexts = pyramid(context, levels);
      const out = forwardStages(stages, params, x, contexts);
      const { loss, dz, dlogdet } = lossAndLatentGradient(out.y, out.logdet);
      let y = out.y, dy = dz, gradient: Params = {};
      for (let i = levels - 1; i >= 0; i--) {
        const g = advance([y, dy], () => {
          const { x, dx, dparams } = stages[i].backward(
            part(params, `level${i}`),
            y,
            { dy, dlogdet },
            contexts[i],
          );
          return { x, dx, dparams: dparams as Record<string, Tensor> };
        });
        gradient = { ...gradient, ...prefixed(`level${i}`, g.dparams) };
        [y, dy] = [g.x, g.dx];
      }
      return { loss, gradient };
    },
    loss(params, x, context) {
      const { y, logdet } = forwardStages(stages, params, x, pyramid(context, levels));
      return conditionalLoss(y, logdet);
    },
    pullback(params, x, context, dx) {
      const contexts = pyramid(context, levels);
      let y = x, dy = dx;
      stages.forEach((stage, i) => {
        ({ y, dy } = advance(
          i === 0 ? [] : [y, dy],
          () => stage.pullback(part(params, `level${i}`), y, dy, contexts[i]),
        ));
      });
      return { z: unsqueezed(y, shapes.x), dz: unsqueezed(dy, shapes.x) };
    },
  };
}

function forwardStages(stages: readonly Layer[], params: Params, x: Tensor, contexts: readonly Tensor[]) {
  let y = x, logdet = zeros([x.shape[0]]) as Tensor;
  stages.forEach((stage, i) => {
    ({ y, logdet } = advance(i === 0 ? [logdet] : [y, logdet], () => {
      const out = stage.forward(part(params, `level${i}`), y, contexts[i]);
      return { y: out.y, logdet: add(logdet, out.logdet) };
    }));
  });
  return { y, logdet };
}

/**
 * The context at each level: the summary Haar-squeezed as often as x, and one channel of relative depth, since
 * convolutions cannot tell where they are and illumination falls with depth.
 */
function pyramid(context: Tensor, levels: number): Tensor[] {
  const out: Tensor[] = [];
  let squeezedContext = context;
  for (let i = 0; i < levels; i++) {
    squeezedContext = haar(squeezedContext);
    out.push(joinChannels([squeezedContext, depthChannel(squeezedContext)]));
  }
  return out;
}

/** -1 at the top row to 1 at the bottom row. */
function depthChannel(like: Tensor): Tensor {
  const [n, h, w] = like.shape as [number, number, number];
  const values = new Float32Array(n * h * w);
  for (let i = 0; i < values.length; i++) values[i] = 2 * (Math.floor(i / w) % h + 0.5) / h - 1;
  return tensor(values, [n, h, w, 1]);
}

/** Latents are told in x's shape, so that corrections and records need not know the network. */
function squeezed(z: Tensor, levels: number): Tensor {
  let y = z;
  for (let i = 0; i < levels; i++) y = haar(y);
  return y;
}

function unsqueezed(y: Tensor, shape: readonly number[]): Tensor {
  let z = y;
  while (z.shape[1]! < shape[0]) z = inverseHaar(z);
  return z;
}
