import type { Survey } from "../contracts/operator.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { sizeOf } from "../base/shape.ts";
import type { Estimate } from "../methods/method.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import { arrayCollector, type ArrayRecorder, type RecordedArrays } from "../store/recorder.ts";

/** Samples of images kept per method and observation: enough for histograms and pictures. */
const KEPT_SAMPLES = 64;

/** What the report draws of an observation. */
export function shownNode(
  observation: Node<Observation>,
  { place, problem, context }: { place: string; problem: () => Promise<Problem>; context: RunContext },
): Node<RecordedArrays> {
  return context.graph.node("show", { upstream: [observation] }, async () => {
    const recorder = arrayCollector(), seen = await observation.get();
    await recordObservation(recorder, place, { observation: seen, problem: await problem() });
    return recorder.take();
  });
}

/** Arrays that are kept with a larger result. */
export function arraysOf(
  exact: Node<{ readonly arrays: RecordedArrays }>,
  { graph }: Pick<RunContext, "graph">,
): Node<RecordedArrays> {
  return graph.node(
    "show",
    { reads: { of: "exact" }, upstream: [exact] },
    async () => (await exact.get()).arrays,
  );
}

/** Truth, summary and the middle shot of an observation. */
async function recordObservation(
  recorder: ArrayRecorder,
  place: string,
  { observation, problem: { survey, summary } }: { observation: Observation; problem: Problem },
): Promise<void> {
  await recorder.array(`${place}/truth`, observation.truth, survey.domain.shape);
  if (survey.domain.kind !== "image") return;
  if (summary.space.kind === "image") {
    await recorder.array(`${place}/migration`, observation.summary, survey.domain.shape);
  }
  await recorder.array(`${place}/observed`, middleShot(observation.data, survey), survey.shotRange.shape);
  if (survey.wavelet) await recorder.array(`${place}/interval`, Float64Array.of(survey.wavelet.dt), [1]);
}

function middleShot(data: Float32Array, survey: Survey): Float32Array {
  const size = sizeOf(survey.shotRange), i = middleOf(survey);
  return data.subarray(i * size, (i + 1) * size);
}

function middleOf({ sources }: Survey): number {
  return Math.floor(sources / 2);
}

/** Mean, standard deviation, samples and convergence of one method. */
export async function recordMethod(
  recorder: ArrayRecorder,
  place: string,
  { estimate, observation, survey, predicts }: {
    estimate: Estimate;
    observation: Observation;
    survey: Survey;
    /** Whether to keep the shot that its mean predicts. */
    predicts: boolean;
  },
): Promise<void> {
  const { method, mean, std, samples, misfits, gains } = estimate;
  const { shape } = survey.domain, size = sizeOf(survey.domain), image = survey.domain.kind === "image";
  if (method === "migration") return;
  await recorder.array(`${place}/${method}-mean`, mean, shape);
  if (std) await recorder.array(`${place}/${method}-std`, std, shape);
  if (misfits) {
    await recorder.array(`${place}/${method}-misfits`, Float64Array.from(misfits), [misfits.length]);
  }
  if (gains) {
    const { decibels, shape, bands } = gains,
      centres = bands.flatMap(({ radius, dip = NaN }) => [radius, dip]);
    await recorder.array(`${place}/${method}-gains`, decibels, shape);
    await recorder.array(`${place}/${method}-gain-bands`, Float64Array.from(centres), [bands.length, 2]);
  }
  if (samples) {
    const count = Math.min(image ? KEPT_SAMPLES : Infinity, samples.length / size);
    await recorder.array(`${place}/${method}-samples`, samples.subarray(0, count * size), [count, ...shape]);
    const curve = snrBySamples(samples, observation.truth);
    await recorder.array(`${place}/${method}-snr-by-samples`, curve, [curve.length / 2, 2]);
  }
  if (predicts && image) {
    const predicted = await survey.shot(middleOf(survey)).forward(mean);
    await recorder.array(`${place}/predicted`, new Float32Array(predicted), survey.shotRange.shape);
  }
}

/** SNR of the running mean at 1, 2, 4, ... samples, flat [K, 2]: how many samples the mean needs. */
function snrBySamples(samples: Float32Array, truth: Float32Array): Float64Array {
  const n = samples.length / truth.length, norm = Math.hypot(...truth);
  const sum = new Float64Array(truth.length), curve: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < sum.length; k++) sum[k] += samples[i * sum.length + k];
    const count = i + 1;
    if ((count & (count - 1)) !== 0 && count !== n) continue;
    let error = 0;
    for (let k = 0; k < sum.length; k++) error += (sum[k] / count - truth[k]) ** 2;
    curve.push(count, -20 * Math.log10(Math.sqrt(error) / norm));
  }
  return Float64Array.from(curve);
}
