import { z } from "zod";
import type { Flow, Params } from "../../core/contracts/flow.ts";
import { plugin } from "../../core/registry/plugin.ts";
import { add, advance, scope, type Tensor, zeros, zerosLike } from "../../core/engine/mod.ts";
import { fold } from "../../core/base/random.ts";
import { actnorm } from "../layers/actnorm.ts";
import { affine } from "../layers/affine.ts";
import { chosenConditioner, type ConditionerChoice } from "../layers/conditioner.ts";
import { conv1x1 } from "../layers/conv1x1.ts";
import { hintCoupling, hintCouplingFlops } from "../layers/hint_coupling.ts";
import { part, prefixed } from "../layers/layer.ts";
import { sequence } from "../layers/sequence.ts";
import { haar, type Squeeze } from "../layers/squeeze.ts";
import { imageRemarks, squeezeOption, SQUEEZES } from "./images.ts";
import { conditionalLoss, lossAndLatentGradient } from "./conditional_loss.ts";

/** The end of a lane, and a loss's derivatives of its z and logdet. */
interface LaneGradient {
  readonly z: Tensor;
  readonly dz: Tensor;
  readonly dlogdet: number;
}

const schema = z.strictObject({
  depth: z.int().min(1).max(64).default(8).describe("flow steps"),
  hidden: z.int().min(1).max(1024).default(32).describe("channels of the conditioners"),
  squeeze: squeezeOption,
});

/** The joint two-lane flow of the published method. */
export const hint = plugin({
  slot: "flow",
  kind: "hint",
  about: "joint two-lane conditional flow for images with hierarchical couplings (HINT), as published",
  schema,
  preflight: (_options, { flow }) => imageRemarks("hint", { shapes: flow }),
  build: ({ squeeze, ...options }, shapes) => hintFlow({ ...options, squeeze: SQUEEZES[squeeze], shapes }),
  cost: ({ depth, hidden }, { shapes } = {}) => {
    const { x: [height, width, colours], context } = shapes!, data = 4 * context[2];
    const lane = (channels: number, conditions: number) =>
      hintCouplingFlops(WIDTH, {
        channels,
        context: conditions,
        hidden,
        kernel: 3,
        parameters: affine.parameters,
      });
    return { flops: depth * height * width / 4 * (lane(4 * colours, data) + lane(data, 0)) };
  },
});

/** Channels after one squeeze of a one-channel image. */
const WIDTH = 4;

type HintFlowOptions = ConditionerChoice & {
  readonly depth: number;
  readonly shapes: Flow["shapes"];
  readonly squeeze?: Squeeze;
};

/**
 * Conditional HINT (Kruse et al. 2021; Siahkoohi et al. 2023): a data lane `v = g(y)` and an unknown's lane
 * `u = f(x; v_1..v_D)`, whose step i is conditioned on the data lane's activation after its step i. Both lanes
 * are trained, `p(x, y) = p(x | y) p(y)`; samples of x given y need the data lane once and invert the other.
 */
export function hintFlow({ depth, shapes, squeeze: by = haar, ...choice }: HintFlowOptions): Flow {
  const { squeeze, unsqueeze } = by;
  const options = { conditioner: chosenConditioner(choice, 3), transform: affine, contextGradient: true };
  const step = () => sequence([actnorm, conv1x1, hintCoupling(WIDTH, options)]);
  const lane = () => Array.from({ length: depth }, step);
  const xs = lane(), ys = lane();
  const xPart = (params: Params, i: number) => part(params, `x${i}`);
  const yPart = (params: Params, i: number) => part(params, `y${i}`);

  /** Both lanes at their end; they walk side by side, so that no step's activations are kept. */
  const bothLanes = (params: Params, x: Tensor, context: Tensor) => {
    const none = () => zeros([x.shape[0]]) as Tensor;
    let lanes = { u: squeeze(x), v: squeeze(context), xLogdet: none(), yLogdet: none() };
    for (let i = 0; i < depth; i++) {
      lanes = advance(Object.values(lanes), () => {
        const v = ys[i].forward(yPart(params, i), lanes.v);
        const u = xs[i].forward(xPart(params, i), lanes.u, v.y);
        const [xLogdet, yLogdet] = [add(lanes.xLogdet, u.logdet), add(lanes.yLogdet, v.logdet)];
        return { u: u.y, v: v.y, xLogdet, yLogdet };
      });
    }
    return lanes;
  };
  /** The data lane after each step, [n, h/2, w/2, 4]: sampling meets the steps in reverse. */
  const dataLane = (params: Params, context: Tensor) => {
    let v = squeeze(context);
    return ys.map((step, i) => v = scope(() => step.forward(yPart(params, i), v).y));
  };

  /** Both lanes from their end, with the derivatives of a loss of each one's z and logdet; it frees what it is given. */
  const backward = (
    params: Params,
    [x, y]: readonly [LaneGradient, LaneGradient],
  ): { dx: Tensor; gradient: Params } => {
    let [u, du, v, dv] = [x.z, x.dz, y.z, y.dz], gradient: Params = {};
    for (let i = depth - 1; i >= 0; i--) {
      const g = advance([u, du, v, dv], () => {
        const gx = xs[i].backward(xPart(params, i), u, { dy: du, dlogdet: x.dlogdet }, v);
        const total = gx.dcontext ? add(dv, gx.dcontext) : dv;
        const gy = ys[i].backward(yPart(params, i), v, { dy: total, dlogdet: y.dlogdet });
        const dparams = { ...prefixed(`x${i}`, gx.dparams), ...prefixed(`y${i}`, gy.dparams) };
        return { u: gx.x, du: gx.dx, v: gy.x, dv: gy.dx, dparams: dparams as Record<string, Tensor> };
      });
      ({ u, du, v, dv } = g);
      gradient = { ...gradient, ...g.dparams };
    }
    return { dx: du, gradient };
  };

  return {
    shapes,
    init(key, { x, context }) {
      let lanes = { u: squeeze(x), v: squeeze(context) }, params: Params = {};
      for (let i = 0; i < depth; i++) {
        const { initial, ...next } = advance(Object.values(lanes), () => {
          const py = ys[i].init(fold(fold(key, "y"), i), { x: lanes.v }), v = ys[i].forward(py, lanes.v).y;
          const px = xs[i].init(fold(fold(key, "x"), i), { x: lanes.u, context: v });
          const initial = { ...prefixed(`y${i}`, py), ...prefixed(`x${i}`, px) } as Record<string, Tensor>;
          return { initial, u: xs[i].forward(px, lanes.u, v).y, v };
        });
        params = { ...params, ...initial };
        lanes = next;
      }
      return params;
    },
    forward(params, x, context) {
      const { u, xLogdet } = bothLanes(params, x, context);
      return { z: unsqueeze(u), logdet: xLogdet };
    },
    inverse(params, z, context) {
      const activations = dataLane(params, context);
      let u = squeeze(z);
      for (let i = depth - 1; i >= 0; i--) {
        u = advance([u], () => xs[i].inverse(xPart(params, i), u, activations[i]));
      }
      return unsqueeze(u);
    },
    lossAndGradient(params, x, context) {
      const { u, v, xLogdet, yLogdet } = bothLanes(params, x, context);
      const conditional = lossAndLatentGradient(u, xLogdet), joint = lossAndLatentGradient(v, yLogdet);
      const { gradient } = backward(params, [{ z: u, ...conditional }, { z: v, ...joint }]);
      return { loss: add(conditional.loss, joint.loss), gradient };
    },
    backward(params, z, context, { dz, dlogdet }) {
      const xLane = { z: squeeze(z), dz: squeeze(dz), dlogdet }, v = dataLane(params, context)[depth - 1];
      const { dx, gradient } = backward(params, [xLane, { z: v, dz: zerosLike(v), dlogdet: 0 }]);
      return { dx: unsqueeze(dx), gradient };
    },
    loss(params, x, context) {
      const { u, xLogdet } = bothLanes(params, x, context);
      return conditionalLoss(u, xLogdet);
    },
    pullback(params, x, context, { dx, dlogdet }) {
      const none = zeros([x.shape[0]]) as Tensor;
      let at = { y: squeeze(x), dy: squeeze(dx), v: squeeze(context), logdet: none };
      for (let i = 0; i < depth; i++) {
        at = advance(Object.values(at), () => {
          const v = ys[i].forward(yPart(params, i), at.v).y;
          const pulled = xs[i].pullback(xPart(params, i), at.y, { dx: at.dy, dlogdet }, v);
          return { ...pulled, logdet: add(at.logdet, pulled.logdet), v };
        });
      }
      return { z: unsqueeze(at.y), logdet: at.logdet, dz: unsqueeze(at.dy) };
    },
  };
}
