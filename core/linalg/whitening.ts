import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Vector } from "../contracts/vector.ts";

/** `W r` of data of some of a survey's shots in a row, W the whitening of each shot's noise. */
export function whitenerOf(
  { survey: { shotRange }, noise }: { survey: Pick<Survey, "shotRange">; noise: Pick<NoiseModel, "whiten"> },
): (r: Vector) => Vector {
  return (r) => noise.whiten(r, shotRange);
}
