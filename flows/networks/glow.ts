import { z } from "zod";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/registry/plugin.ts";
import {
  add,
  advance,
  channels,
  joinChannels,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../core/engine/mod.ts";
import { fold } from "../../core/base/random.ts";
import { actnorm } from "../layers/actnorm.ts";
import { affine } from "../layers/affine.ts";
import {
  channelsOf,
  chosenConditioner,
  type ConditionerChoice,
  conditionerFlops,
  join,
} from "../layers/conditioner.ts";
import { conv1x1 } from "../layers/conv1x1.ts";
import { coupling, couplingFlops } from "../layers/coupling.ts";
import { part, prefixed } from "../layers/layer.ts";
import { sequence } from "../layers/sequence.ts";
import { haar, type Squeeze, squeezeLayer } from "../layers/squeeze.ts";
import { contextEncoder } from "./context_encoder.ts";
import { imageRemarks, sidesFault, squeezeOption, SQUEEZES } from "./images.ts";
import { conditionalLoss, lossAndLatentGradient } from "./conditional_loss.ts";

const schema = z.strictObject({
  levels: z.int().min(1).max(5).default(2).describe("resolutions: each halves the image by a squeeze"),
  depth: z.int().min(1).max(64).default(8).describe("flow steps per level"),
  hidden: z.int().min(1).max(1024).default(64).describe("channels of the conditioners"),
  squeeze: squeezeOption,
  features: z.int().min(0).max(256).default(0)
    .describe(
      "channels that a network makes of the context for all steps of a level; 0: the context as it is",
    ),
  split: z.boolean().default(false).describe("half of the channels leave as latents after each level"),
});

/** Conditional Glow for images. */
export const glow = plugin({
  slot: "flow",
  kind: "glow",
  about: "conditional multiscale flow for images: actnorm, 1x1 convolution, affine coupling (Glow)",
  schema,
  preflight: ({ levels }, { flow }) => imageRemarks("glow", { shapes: flow, levels }),
  build: ({ squeeze, ...options }, shapes) => glowFlow({ ...options, squeeze: SQUEEZES[squeeze], shapes }),
  cost: ({ levels, depth, hidden, split, features }, { shapes } = {}) => {
    const { x: [height, width, colours], context } = shapes!, { parameters } = affine;
    const flops = Array.from({ length: levels }, (_, level) => {
      const cells = 4 ** (level + 1), share = split ? 2 ** level : 1;
      const inputs = context[2] * cells + 1;
      const size = { channels: colours * cells / share, context: inputs + features };
      const step = couplingFlops({ ...size, hidden, kernel: 3, parameters });
      const encoder = conditionerFlops({ inputs, hidden: features, outputs: features, kernel: 3 });
      return height * width / cells * (depth * step + encoder);
    });
    return { flops: flops.reduce((a, b) => a + b) };
  },
});

type GlowFlowOptions = ConditionerChoice & {
  readonly levels: number;
  readonly depth: number;
  readonly shapes: Flow["shapes"];
  readonly squeeze?: Squeeze;
  /** Channels of a context encoder; 0: none. */
  readonly features?: number;
  /** Whether half of the channels leave as latents after each level but the last. */
  readonly split?: boolean;
};

/**
 * Conditional Glow (Kingma and Dhariwal 2018): per level a squeeze and `depth` steps of actnorm, 1x1 convolution
 * and affine coupling conditioned on the context at that resolution. z has x's shape [h, w, 1].
 */
export function glowFlow(
  { levels, depth, shapes, squeeze = haar, split = false, features = 0, ...choice }: GlowFlowOptions,
): Flow {
  const fault = sidesFault(shapes.x, levels);
  if (fault) throw new Error(`flow.levels is ${levels}, ${fault}`);
  const encoder = features > 0 ? contextEncoder(features) : undefined;
  const conditioner = chosenConditioner(choice, 3);
  const options = { conditioner, transform: affine, contextGradient: encoder !== undefined };
  const step = () => [actnorm, conv1x1, coupling(options)];
  const stages = Array.from(
    { length: levels },
    () => sequence([squeezeLayer(squeeze), ...Array.from({ length: depth }, step).flat()]),
  );
  const plainContexts = (context: Tensor) => pyramid(context, { levels, squeeze });
  const encoded = (params: Params, contexts: Tensor[]) => encoder?.encode(params, contexts) ?? contexts;
  const contextsOf = (params: Params, context: Tensor) => encoded(params, plainContexts(context));
  const latents = latentLayout({ levels, squeeze, split });
  const forward = (params: Params, x: Tensor, contexts: readonly Tensor[]) => {
    const parts: Parts = [];
    let at: Tensor = x, logdet: Tensor = zeros([x.shape[0]]);
    stages.forEach((stage, i) => {
      const out = advance(i === 0 ? [logdet] : [at, logdet], () => {
        const { y, logdet: added } = stage.forward(part(params, `level${i}`), at, contexts[i]);
        return { y, logdet: add(logdet, added) };
      });
      logdet = out.logdet;
      [at, parts[i]] = latents.leave(out.y, i);
    });
    return { z: latents.join(parts), logdet };
  };
  const backward = (
    params: Params,
    z: Tensor,
    { plain, contexts, dz, dlogdet }: { plain: Tensor[]; contexts: Tensor[]; dz: Tensor; dlogdet: number },
  ) => {
    const parts = latents.separate(z), dparts = latents.separate(dz);
    let gradient: Params = {}, at: { x: Tensor; dx: Tensor } | undefined;
    for (let i = levels - 1; i >= 0; i--) {
      const { dparams, ...next } = advance(at ? [at.x, at.dx] : [], () => {
        const [y, dy] = [join([at?.x, parts[i]]), join([at?.dx, dparts[i]])];
        const g = stages[i].backward(part(params, `level${i}`), y, { dy, dlogdet }, contexts[i]);
        const dstage = prefixed(`level${i}`, g.dparams);
        const level = { level: i, context: plain[i], dencoded: g.dcontext! };
        const dparams = encoder ? { ...dstage, ...encoder.backward(params, level) } : dstage;
        return { x: g.x, dx: g.dx, dparams: dparams as Record<string, Tensor> };
      });
      gradient = { ...gradient, ...dparams };
      at = next;
    }
    return { dx: at!.dx, gradient };
  };
  return {
    shapes,
    init(key, { x, context }) {
      const plain = plainContexts(context);
      let params = encoder?.init(fold(key, "context"), plain) ?? {};
      const contexts = encoded(params, plain);
      let at = x;
      stages.forEach((stage, i) => {
        const step = advance(i === 0 ? [] : [at], () => {
          const initial = stage.init(fold(key, i), { x: at, context: contexts[i] }) as Record<string, Tensor>;
          return { initial, y: stage.forward(initial, at, contexts[i]).y };
        });
        params = { ...params, ...prefixed(`level${i}`, step.initial) };
        [at] = latents.leave(step.y, i);
      });
      return params;
    },
    forward: (params, x, context) => forward(params, x, contextsOf(params, context)),
    inverse(params, z, context) {
      const contexts = contextsOf(params, context), parts = latents.separate(z);
      let x: Tensor | undefined;
      for (let i = levels - 1; i >= 0; i--) {
        x = advance(
          x ? [x] : [],
          () => stages[i].inverse(part(params, `level${i}`), join([x, parts[i]]), contexts[i]),
        );
      }
      return x!;
    },
    ...(split && levels > 1 && { levels: (z: Tensor) => latents.separate(z) as Tensor[] }),
    lossAndGradient(params, x, context) {
      const plain = plainContexts(context), contexts = encoded(params, plain);
      const { z, logdet } = forward(params, x, contexts);
      const { loss, ...latent } = lossAndLatentGradient(z, logdet);
      return { loss, gradient: backward(params, z, { plain, contexts, ...latent }).gradient };
    },
    backward(params, z, context, latent) {
      const plain = plainContexts(context), contexts = encoded(params, plain);
      return backward(params, z, { plain, contexts, ...latent });
    },
    loss(params, x, context) {
      const { z, logdet } = forward(params, x, contextsOf(params, context));
      return conditionalLoss(z, logdet);
    },
    pullback(params, x, context, { dx, dlogdet }) {
      const contexts = contextsOf(params, context), parts: Parts = [], dparts: Parts = [];
      let y = x, dy = dx, logdet: Tensor = zeros([x.shape[0]]);
      stages.forEach((stage, i) => {
        const out = advance(i === 0 ? [logdet] : [y, dy, logdet], () => {
          const pulled = stage.pullback(part(params, `level${i}`), y, { dx: dy, dlogdet }, contexts[i]);
          return { ...pulled, logdet: add(logdet, pulled.logdet) };
        });
        logdet = out.logdet;
        [y, parts[i]] = latents.leave(out.y, i);
        [dy, dparts[i]] = latents.leave(out.dy, i);
      });
      return { z: latents.join(parts), logdet, dz: latents.join(dparts) };
    },
  };
}

/** What leaves as latents after each level, where anything does. */
type Parts = (Tensor | undefined)[];

/**
 * Which channels leave after which level, and where they are in z: latents are told in x's shape, so that
 * corrections and records need not know the network.
 */
function latentLayout(
  { levels, squeeze: { squeeze, unsqueeze }, split }: { levels: number; squeeze: Squeeze; split: boolean },
) {
  /** Of a level's output: what goes on, and what leaves. */
  const leave = (y: Tensor, level: number): [Tensor, Tensor | undefined] => {
    if (level === levels - 1) return [y, y];
    if (!split) return [y, undefined];
    const half = channelsOf(y) / 2;
    return [channels(y, 0, half), channels(y, half, half)];
  };
  return {
    leave,
    join: (parts: Parts): Tensor =>
      scope(() =>
        parts.reduceRight<Tensor | undefined>((inner, outer) => unsqueeze(join([inner, outer])), undefined)!
      ),
    separate: (z: Tensor): Parts =>
      scope(() => {
        const parts: (Tensor | undefined)[] = [];
        let inner = z;
        for (let level = 0; level < levels; level++) [inner, parts[level]] = leave(squeeze(inner), level);
        return parts as Tensor[];
      }),
  };
}

/**
 * The context at each level: the summary squeezed as often as x, and one channel of relative depth, since
 * convolutions cannot tell where they are and illumination falls with depth.
 */
function pyramid(
  context: Tensor,
  { levels, squeeze: { squeeze } }: { levels: number; squeeze: Squeeze },
): Tensor[] {
  return scope(() => {
    const out: Tensor[] = [];
    let squeezed = context;
    for (let i = 0; i < levels; i++) {
      squeezed = squeeze(squeezed);
      out.push(joinChannels([squeezed, depthChannel(squeezed)]));
    }
    return out;
  });
}

/** -1 at the top row to 1 at the bottom row. */
function depthChannel(like: Tensor): Tensor {
  const [n, h, w] = like.shape as [number, number, number];
  const values = new Float32Array(n * h * w);
  for (let i = 0; i < values.length; i++) values[i] = 2 * (Math.floor(i / w) % h + 0.5) / h - 1;
  return tensor(values, [n, h, w, 1]);
}
