import { z } from "zod";
import type { Flow } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { reshape, type Tensor, zeros } from "../../core/engine/mod.ts";
import { fold, rootKey } from "../../core/base/random.ts";
import { actnorm } from "../layers/actnorm.ts";
import { affine } from "../layers/affine.ts";
import { chosenConditioner, type ConditionerChoice } from "../layers/conditioner.ts";
import { conv1x1 } from "../layers/conv1x1.ts";
import { coupling as couplingLayer, couplingFlops } from "../layers/coupling.ts";
import type { Layer } from "../layers/layer.ts";
import { permute, reversed, shuffled } from "../layers/permutation.ts";
import { sequence } from "../layers/sequence.ts";
import { spline } from "../layers/spline.ts";
import type { Transform } from "../layers/transform.ts";
import { conditionalLoss, lossAndLatentGradient } from "./conditional_loss.ts";
import { isImageLayout } from "../layers/layout.ts";

const schema = z.strictObject({
  depth: z.int().min(1).max(64).default(8).describe("flow steps"),
  hidden: z.int().min(1).max(4096).default(64).describe("units of the conditioners"),
  transform: z.enum(["affine", "spline"]).default("affine").describe(
    "what a step does to one component given the others: scale and shift, or a rational-quadratic spline",
  ),
  bins: z.int().min(2).max(64).default(16).describe("pieces of the spline"),
  bound: z.number().positive().default(4).describe(
    "the spline acts on [-bound, bound], in standard deviations",
  ),
  mixing: z.enum(["rotation", "reversed", "random"]).default("rotation").describe(
    "what happens to the components between couplings: a trained rotation, or a fixed permutation",
  ),
});

type Options = z.output<typeof schema>;

/** Conditional coupling flow for vectors. */
export const coupling = plugin({
  slot: "flow",
  kind: "coupling",
  about: "conditional coupling flow, affine or spline, for vectors of any length, context of any length",
  schema,
  preflight(_options, { flow }) {
    if (!flow || !isImageLayout(flow.x)) return [];
    const [height, width] = flow.x;
    const message =
      `is coupling, which maps vectors: the unknown is an image of ${height} x ${width}; write glow or hint`;
    return [{ path: ["kind"], message }];
  },
  build: (options, shapes) =>
    couplingFlow({ ...options, transform: transformOf(options), mixing: MIXING[options.mixing], shapes }),
  cost: ({ depth, hidden, ...options }, { shapes } = {}) => {
    const { x: [channels], context: [context] } = shapes!, { parameters } = transformOf(options);
    const size = { channels, context: Math.max(1, context), hidden, kernel: 1, parameters };
    return { flops: depth * couplingFlops(size) };
  },
});

function transformOf({ transform, ...options }: Pick<Options, "transform" | "bins" | "bound">): Transform {
  return transform === "spline" ? spline(options) : affine;
}

/** The layer that mixes the components in one step. */
type Mixing = (step: number) => Layer;

const MIXING: Readonly<Record<Options["mixing"], Mixing>> = {
  rotation: () => conv1x1,
  reversed: () => permute(reversed),
  // One order for all runs: a permutation is part of the architecture, not a parameter.
  random: (step) => permute(shuffled(fold(rootKey(0), step))),
};

/** A vector is one pixel with as many channels as components, so the image layers serve with 1 x 1 kernels. */
const asPixel = (x: Tensor) => reshape(x, [x.shape[0], 1, 1, x.shape[1]!]);
const asVector = (x: Tensor) => reshape(x, [x.shape[0], x.shape[3]!]);
/** An empty context becomes one channel of zeros: a conditioner of nothing else still has its biases. */
const contextPixel = (context: Tensor) =>
  context.shape[1] === 0 ? zeros([context.shape[0], 1, 1, 1]) : asPixel(context);

type CouplingFlowOptions = ConditionerChoice & {
  readonly depth: number;
  readonly shapes: Flow["shapes"];
  readonly transform?: Transform;
  readonly mixing?: Mixing;
};

/**
 * `depth` steps of actnorm, mixing (a rotation unless told otherwise) and conditional coupling, affine unless told
 * otherwise; one component is conditioned by y alone.
 */
export function couplingFlow(
  { depth, shapes, transform = affine, mixing = MIXING.rotation, ...choice }: CouplingFlowOptions,
): Flow {
  const conditioner = chosenConditioner(choice, 1);
  const step = (i: number) => [
    actnorm,
    ...(shapes.x[0] > 1 ? [mixing(i)] : []),
    couplingLayer({ conditioner, transform, contextGradient: false }),
  ];
  const steps = sequence(Array.from({ length: depth }, (_, i) => step(i)).flat());
  return {
    shapes,
    init: (key, { x, context }) => steps.init(key, { x: asPixel(x), context: contextPixel(context) }),
    forward(params, x, context) {
      const { y, logdet } = steps.forward(params, asPixel(x), contextPixel(context));
      return { z: asVector(y), logdet };
    },
    inverse: (params, z, context) => asVector(steps.inverse(params, asPixel(z), contextPixel(context))),
    lossAndGradient(params, x, context) {
      const pixel = contextPixel(context);
      const { y, logdet } = steps.forward(params, asPixel(x), pixel);
      const { loss, dz, dlogdet } = lossAndLatentGradient(y, logdet);
      const { dparams } = steps.backward(params, y, { dy: dz, dlogdet }, pixel);
      return { loss, gradient: dparams };
    },
    backward(params, z, context, { dz, dlogdet }) {
      const gradient = { dy: asPixel(dz), dlogdet };
      const { dx, dparams } = steps.backward(params, asPixel(z), gradient, contextPixel(context));
      return { dx: asVector(dx), gradient: dparams };
    },
    loss(params, x, context) {
      const { y, logdet } = steps.forward(params, asPixel(x), contextPixel(context));
      return conditionalLoss(y, logdet);
    },
    pullback(params, x, context, { dx, dlogdet }) {
      const gradient = { dx: asPixel(dx), dlogdet };
      const { y, logdet, dy } = steps.pullback(params, asPixel(x), gradient, contextPixel(context));
      return { z: asVector(y), logdet, dz: asVector(dy) };
    },
  };
}
