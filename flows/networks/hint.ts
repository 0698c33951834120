import { z } from "zod";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/contracts/plugin.ts";
import { add, advance, type Tensor, zeros } from "../../core/engine/mod.ts";
import { fold } from "../../core/random.ts";
import { actnorm } from "../layers/actnorm.ts";
import { conv1x1 } from "../layers/conv1x1.ts";
import { haar, inverseHaar } from "../layers/haar.ts";
import { hintCoupling, hintCouplingFlops } from "../layers/hint_coupling.ts";
import { part, prefixed } from "../layers/layer.ts";
import { sequence } from "../layers/sequence.ts";
import { conditionalLoss, lossAndLatentGradient } from "./likelihood.ts";

const schema = z.strictObject({
  depth: z.int().min(1).max(64).default(8).describe("flow steps"),
  hidden: z.int().min(1).max(1024).default(32).describe("channels of the conditioners"),
});

/** The joint two-lane flow of the published method. */
export const hint = plugin({
  slot: "flow",
  kind: "hint",
  about: "joint two-lane conditional flow for images with hierarchical couplings (HINT), as published",
  schema,
  build: ({ depth, hidden }, shapes) => hintFlow({ depth, hidden, shapes }),
  cost: ({ depth, hidden }, shapes) => {
    const { x: [height, width, colours], context } = shapes!, data = 4 * context[2];
    const lane = (channels: number, conditions: number) =>
      hintCouplingFlops(WIDTH, { channels, context: conditions, hidden, kernel: 3 });
    return { flops: depth * height * width / 4 * (lane(4 * colours, data) + lane(data, 0)) };
  },
});

/** Channels after one Haar squeeze of a one-channel image. */
const WIDTH = 4;

/**
 * Conditional HINT (Kruse et al. 2021; Siahkoohi et al. 2023): a data lane `v = g(y)` and an unknown's lane
 * `u = f(x; v_1..v_D)`, whose step i is conditioned on the data lane's activation after its step i. Both lanes
 * are trained, `p(x, y) = p(x | y) p(y)`; samples of x given y need the data lane once and invert the other.
 */
export function hintFlow(
  { depth, hidden, shapes }: { depth: number; hidden: number; shapes: Flow["shapes"] },
): Flow {
  const lane = () =>
    Array.from(
      { length: depth },
      () => sequence([actnorm, conv1x1, hintCoupling(WIDTH, { hidden, kernel: 3, contextGradient: true })]),
    );
  const xs = lane(), ys = lane();
  const xPart = (params: Params, i: number) => part(params, `x${i}`);
  const yPart = (params: Params, i: number) => part(params, `y${i}`);

  /** Data-lane activations after each step, [n, h/2, w/2, 4], and the lane's logdet. */
  const dataLane = (params: Params, context: Tensor) => {
    let v = haar(context), logdet = zeros([context.shape[0]]) as Tensor;
    const activations = ys.map((step, i) => {
      const out = step.forward(yPart(params, i), v);
      [v, logdet] = [out.y, add(logdet, out.logdet)];
      return v;
    });
    return { activations, logdet };
  };
  const unknownLane = (params: Params, x: Tensor, activations: readonly Tensor[]) => {
    let u = haar(x), logdet = zeros([x.shape[0]]) as Tensor;
    xs.forEach((step, i) => {
      ({ u, logdet } = advance([u, logdet], () => {
        const out = step.forward(xPart(params, i), u, activations[i]);
        return { u: out.y, logdet: add(logdet, out.logdet) };
      }));
    });
    return { u, logdet };
  };

  return {
    shapes,
    init(key, { x, context }) {
      let u = haar(x), v = haar(context), params: Params = {};
      for (let i = 0; i < depth; i++) {
        const py = ys[i].init(fold(fold(key, "y"), i), { x: v });
        v = ys[i].forward(py, v).y;
        const px = xs[i].init(fold(fold(key, "x"), i), { x: u, context: v });
        u = xs[i].forward(px, u, v).y;
        params = { ...params, ...prefixed(`y${i}`, py), ...prefixed(`x${i}`, px) };
      }
      return params;
    },
    forward(params, x, context) {
      const { u, logdet } = unknownLane(params, x, dataLane(params, context).activations);
      return { z: inverseHaar(u), logdet };
    },
    inverse(params, z, context) {
      const { activations } = dataLane(params, context);
      let u = haar(z);
      for (let i = depth - 1; i >= 0; i--) {
        u = advance([u], () => xs[i].inverse(xPart(params, i), u, activations[i]));
      }
      return inverseHaar(u);
    },
    lossAndGradient(params, x, context) {
      const data = dataLane(params, context);
      const unknown = unknownLane(params, x, data.activations);
      const own = lossAndLatentGradient(unknown.u, unknown.logdet);
      const joint = lossAndLatentGradient(data.activations[depth - 1], data.logdet);
      let [u, du, v, dv] = [unknown.u, own.dz, data.activations[depth - 1], joint.dz];
      let gradient: Params = {};
      for (let i = depth - 1; i >= 0; i--) {
        const g = advance([u, du, v, dv], () => {
          const gx = xs[i].backward(xPart(params, i), u, { dy: du, dlogdet: own.dlogdet }, v);
          const total = gx.dcontext ? add(dv, gx.dcontext) : dv;
          const gy = ys[i].backward(yPart(params, i), v, { dy: total, dlogdet: joint.dlogdet });
          const dparams = { ...prefixed(`x${i}`, gx.dparams), ...prefixed(`y${i}`, gy.dparams) };
          return { u: gx.x, du: gx.dx, v: gy.x, dv: gy.dx, dparams: dparams as Record<string, Tensor> };
        });
        ({ u, du, v, dv } = g);
        gradient = { ...gradient, ...g.dparams };
      }
      return { loss: add(own.loss, joint.loss), gradient };
    },
    loss(params, x, context) {
      const { u, logdet } = unknownLane(params, x, dataLane(params, context).activations);
      return conditionalLoss(u, logdet);
    },
    pullback(params, x, context, dx) {
      const { activations } = dataLane(params, context);
      let u = haar(x), du = haar(dx);
      xs.forEach((step, i) => {
        const out = advance([u, du], () => step.pullback(xPart(params, i), u, du, activations[i]));
        [u, du] = [out.y, out.dy];
      });
      return { z: inverseHaar(u), dz: inverseHaar(du) };
    },
  };
}
