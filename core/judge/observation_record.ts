import type { Survey } from "../contracts/operator.ts";
import { isImage } from "../inference/standardize.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { sizeOf } from "../base/shape.ts";
import type { Estimate } from "../methods/method.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import { arrayCollector, type ArrayRecorder, type RecordedArrays } from "../store/recorder.ts";
import type { Geometry } from "../problem/geometry.ts";

/** Samples kept per method and observation: enough for histograms and pictures. */
const KEPT_SAMPLES = 64;

/** Sources, receivers and background of a scenario's survey. */
export async function recordAcquisition(
  recorder: ArrayRecorder,
  slug: string,
  { acquisition, domain }: Geometry,
): Promise<void> {
  if (!acquisition) return;
  const { sources, receivers, velocity } = acquisition;
  await recorder.array(`${slug}/sources`, Float64Array.from(sources.flat()), [sources.length, 2]);
  const shape = [receivers.length, receivers[0].length, 2];
  await recorder.array(`${slug}/receivers`, Float64Array.from(receivers.flat(2)), shape);
  await recorder.array(`${slug}/velocity`, velocity, domain.shape);
}

/** What the report draws of an observation. */
export function shownNode(
  observation: Node<Observation>,
  { place, problem, context }: { place: string; problem: () => Promise<Problem>; context: RunContext },
): Node<RecordedArrays> {
  return context.graph.node("show", { upstream: [observation] }, async () => {
    const recorder = arrayCollector(),
      about = { observation: await observation.get(), problem: await problem() };
    await recordObservation(recorder, place, about);
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
  if (!isImage(survey.domain)) return;
  if (isImage(summary.space)) {
    await recorder.array(`${place}/migration`, observation.summary, survey.domain.shape);
  }
  await recorder.array(`${place}/observed`, middleShot(observation.data, survey), survey.shotRange.shape);
  if (survey.wavelet) await recorder.array(`${place}/interval`, Float64Array.of(survey.wavelet.dt), [1]);
}

function middleShot(data: Float32Array, survey: Survey): Float32Array {
  const size = sizeOf(survey.shotRange), i = Math.floor(survey.sources / 2);
  return data.subarray(i * size, (i + 1) * size);
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
  const { method, mean, std, samples, misfits } = estimate;
  const shape = survey.domain.shape, size = sizeOf(survey.domain);
  if (method === "migration") return;
  await recorder.array(`${place}/${method}-mean`, mean, shape);
  if (std) await recorder.array(`${place}/${method}-std`, std, shape);
  if (misfits) {
    await recorder.array(`${place}/${method}-misfits`, Float64Array.from(misfits), [misfits.length]);
  }
  if (samples) {
    const kept = isImage(survey.domain)
      ? Math.min(KEPT_SAMPLES, samples.length / size)
      : samples.length / size;
    await recorder.array(`${place}/${method}-samples`, samples.subarray(0, kept * size), [kept, ...shape]);
    const curve = snrBySamples(samples, observation.truth);
    await recorder.array(`${place}/${method}-snr-by-samples`, curve, [curve.length / 2, 2]);
  }
  if (predicts && isImage(survey.domain)) {
    const predicted = await survey.shot(Math.floor(survey.sources / 2)).forward(mean);
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
