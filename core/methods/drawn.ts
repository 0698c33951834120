import { drawPosterior } from "../inference/draw.ts";
import type { FittedCorrection } from "../inference/fitted_correction.ts";
import { meanAndStd } from "../inference/evaluate.ts";
import { sizeOf } from "../base/shape.ts";
import { fold } from "../base/random.ts";
import type { Node } from "../store/graph.ts";
import type { Estimate, LearnedTask } from "./method.ts";
import { stateAt, type StoredFit, withFit } from "./stored_fit.ts";

/**
 * Samples of the amortized posterior. With a fit: samples of the corrected posterior, at the end of the fit or after a
 * pass. They are drawn again where they are needed, which costs less than to store them.
 */
export function drawNode(
  { spec, learned, observation, problem, key, context }: LearnedTask,
  fit?: Node<StoredFit>,
  pass?: number,
): Node<Estimate> {
  const { samples: n } = spec.evaluation, method = fit ? "corrected" : "amortized";
  const parts = { reads: { method, n, pass }, upstream: [learned.trained, observation, ...fit ? [fit] : []] };
  return context.graph.node<Estimate>("draw", parts, async () => {
    const opened = await learned.open(), { summary } = await observation.get();
    const options = { key: fold(key, "draw"), n };
    const draw = (corrected: FittedCorrection) =>
      drawPosterior(opened.posterior, summary, { ...options, corrected });
    const samples = fit
      ? await withFit(stateAt(await fit.get(), pass), opened, draw)
      : await drawPosterior(opened.posterior, summary, options);
    return { method, samples, ...meanAndStd(samples, sizeOf((await problem()).survey.domain)) };
  });
}
