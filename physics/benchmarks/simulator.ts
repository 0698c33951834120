import type { Survey } from "../../core/contracts/operator.ts";
import type { OperatorShapes } from "../../core/contracts/plugin.ts";
import type { Simulator } from "../../core/contracts/problem.ts";
import { sizeOf } from "../../core/base/shape.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { singleShot } from "../single_shot.ts";

/** The spaces of {@link simulatorSurvey}. */
export function simulatorShapes({ size, data }: { size: number; data: number }): OperatorShapes {
  return {
    domain: { name: "x", kind: "vector", shape: [size] },
    shotRange: { name: "data", kind: "data", shape: [data] },
    sources: 1,
  };
}

/** A simulator of `data` numbers from `size` unknowns as a survey of one source, without a linear operator. */
export function simulatorSurvey(
  simulator: Simulator,
  { kind, size, data }: { kind: string; size: number; data: number },
): Survey {
  const none = (): never => {
    throw new Error(`${kind} draws its data itself and is no linear operator: it has no J and no J^T`);
  };
  const { domain, shotRange: range } = simulatorShapes({ size, data });
  const checked: Simulator = {
    sample: (key, x) => simulator.sample(key, ofSize(x, domain)),
    logLikelihood: (x, d) => simulator.logLikelihood(ofSize(x, domain), ofSize(d, range)),
  };
  return { ...singleShot({ domain, range, forward: none, adjoint: none }), simulator: checked };
}

function ofSize<V extends ArrayLike<number>>(v: V, space: Space): V {
  if (v.length === sizeOf(space)) return v;
  throw new Error(`${space.name} has ${v.length} numbers: the simulator's has ${sizeOf(space)}`);
}
