import { z } from "zod";
import type { Flow } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/contracts/plugin.ts";
import { reshape, type Tensor } from "../../core/engine/mod.ts";
import { actnorm } from "../layers/actnorm.ts";
import { conv1x1 } from "../layers/conv1x1.ts";
import { coupling as couplingLayer, couplingFlops } from "../layers/coupling.ts";
import { sequence } from "../layers/sequence.ts";
import { conditionalLoss, lossAndLatentGradient } from "./likelihood.ts";

const schema = z.strictObject({
  depth: z.int().min(1).max(64).default(8).describe("flow steps"),
  hidden: z.int().min(1).max(4096).default(64).describe("units of the conditioners"),
});

/** Conditional coupling flow for vectors. */
export const coupling = plugin({
  slot: "flow",
  kind: "coupling",
  about: "conditional affine coupling flow for vectors of any length, context of any length",
  schema,
  build: ({ depth, hidden }, shapes) => couplingFlow({ depth, hidden, shapes }),
  cost: ({ depth, hidden }, shapes) => {
    const { x: [channels], context: [context] } = shapes!;
    return { flops: depth * couplingFlops({ channels, context, hidden, kernel: 1 }) };
  },
});

/** A vector is one pixel with as many channels as components, so the image layers serve with 1 x 1 kernels. */
const asPixel = (x: Tensor) => reshape(x, [x.shape[0], 1, 1, x.shape[1]!]);
const asVector = (x: Tensor) => reshape(x, [x.shape[0], x.shape[3]!]);

/** `depth` steps of actnorm, rotation and conditional affine coupling; one component is conditioned by y alone. */
export function couplingFlow(
  { depth, hidden, shapes }: { depth: number; hidden: number; shapes: Flow["shapes"] },
): Flow {
  const step = () => [
    actnorm,
    ...(shapes.x[0] > 1 ? [conv1x1] : []),
    couplingLayer({ hidden, kernel: 1, contextGradient: false }),
  ];
  const steps = sequence(Array.from({ length: depth }, step).flat());
  return {
    shapes,
    init: (key, { x, context }) => steps.init(key, { x: asPixel(x), context: asPixel(context) }),
    forward(params, x, context) {
      const { y, logdet } = steps.forward(params, asPixel(x), asPixel(context));
      return { z: asVector(y), logdet };
    },
    inverse: (params, z, context) => asVector(steps.inverse(params, asPixel(z), asPixel(context))),
    lossAndGradient(params, x, context) {
      const pixel = asPixel(context);
      const { y, logdet } = steps.forward(params, asPixel(x), pixel);
      const { loss, dz, dlogdet } = lossAndLatentGradient(y, logdet);
      const { dparams } = steps.backward(params, y, { dy: dz, dlogdet }, pixel);
      return { loss, gradient: dparams };
    },
    loss(params, x, context) {
      const { y, logdet } = steps.forward(params, asPixel(x), asPixel(context));
      return conditionalLoss(y, logdet);
    },
    pullback(params, x, context, dx) {
      const { y, dy } = steps.pullback(params, asPixel(x), asPixel(dx), asPixel(context));
      return { z: asVector(y), dz: asVector(dy) };
    },
  };
}
