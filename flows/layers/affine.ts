import {
  add,
  channels,
  div,
  joinChannels,
  log,
  mul,
  neg,
  sigmoid,
  sub,
  type Tensor,
} from "../../core/engine/mod.ts";
import type { Transform } from "./transform.ts";

/** Bounds of the scale: away from 0, so that the inverse is stable at any depth. */
const LOW = 0.5, HIGH = 2;
/** Shift of the sigmoid's argument that makes the scale 1 where the conditioner gives 0. */
const OFFSET = Math.log((1 - LOW) / (HIGH - 1));

/** `y = s b + t` with the bounded scale `s = LOW + (HIGH - LOW) sigmoid(raw + OFFSET)`. Raw: all s, then all t. */
export const affine: Transform = {
  parameters: 2,
  at(raw) {
    const width = raw.shape[raw.shape.length - 1]! / 2;
    const sigma = sigmoid(add(channels(raw, 0, width), OFFSET));
    const s = add(mul(sigma, HIGH - LOW), LOW), t = channels(raw, width, width);
    const slope = () => mul(mul(sigma, sub(1, sigma)), HIGH - LOW);
    const forward = (b: Tensor) => ({ y: add(mul(s, b), t), logSlope: log(s) });
    return {
      forward,
      inverse: (y) => div(sub(y, t), s),
      backward(b, { dy, dlogdet }) {
        const ds = add(mul(dy, b), div(dlogdet, s));
        return { db: mul(dy, s), draw: joinChannels([mul(ds, slope()), dy]) };
      },
      pullback(b, { db, dlogdet }) {
        const dy = div(db, s), dt = neg(dy), ds = add(mul(dt, b), div(dlogdet, s));
        return { ...forward(b), dy, draw: joinChannels([mul(ds, slope()), dt]) };
      },
    };
  },
};
