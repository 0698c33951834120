import type { LinearOperator, Survey } from "../core/contracts/operator.ts";
import { scale } from "../core/linalg/mod.ts";
import { sizeOf } from "../core/base/shape.ts";

/** A linear operator as a survey of one source; encodings scale it. Nothing it does is a wave solve. */
export function singleShot(a: LinearOperator): Survey {
  return {
    domain: a.domain,
    shotRange: a.range,
    sources: 1,
    mask: new Float32Array(sizeOf(a.domain)).fill(1),
    solves: { count: 0, add: () => {} },
    shot: () => a,
    encoded: (weights) => scale(weights[0], a),
    stacked: { ...a, range: { ...a.range, shape: [1, ...a.range.shape] } },
    close: () => Promise.resolve(),
  };
}
