import type { CalibrationSpec, Spec } from "../contracts/spec.ts";
import { linearEstimator, type PointEstimator } from "../inference/linear_estimator.ts";
import { misfitsOf } from "../inference/predictive_misfits.ts";
import { type Observation, type Problem, simulateObservations } from "../inference/simulate.ts";
import { sizeOf } from "../base/shape.ts";
import type { Learned } from "../learning/learned.ts";
import type { Sampler } from "../methods/method.ts";
import { learnedSamplers } from "../methods/samplers.ts";
import type { Problems } from "../problem/problems.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import {
  allAbsent,
  attempt,
  calibrate,
  type Calibration,
  depthLabels,
  projections,
  type Trial,
} from "../metrics/mod.ts";
import { fold, type Key } from "../base/random.ts";
import type { Progress } from "../base/progress.ts";
import { arrayCollector, type ArrayRecorder, type RecordedArrays } from "../store/recorder.ts";

/** Number of random directions along which ranks are computed. */
const PROJECTIONS = 4;

/**
 * Tests the calibration of samplers on simulated truths of one scenario. Ranks are computed along random directions,
 * of a quantity that depends on the data, and of distances from a linear estimate that depends on the data alone. The
 * ranks are recorded.
 */
export async function calibrationStage(
  settings: CalibrationSpec,
  { problem, samplers, estimator, slug, key, recorder, progress }: {
    problem: Problem;
    samplers: Readonly<Record<string, Sampler>>;
    estimator: PointEstimator;
    slug: string;
    key: Key;
    recorder: ArrayRecorder;
    progress: Progress;
  },
): Promise<Record<string, Calibration>> {
  const { observations: n, samples } = settings, { survey } = problem;
  const observations = await simulateObservations(problem, { key: fold(key, "observations"), n });
  const references = observations.map(({ summary }) => estimator(summary));
  const cells = Array.from(survey.mask.keys()).filter((i) => survey.mask[i] !== 0);
  const size = sizeOf(survey.domain), image = survey.domain.kind === "image";
  const directions = projections(cells, { count: PROJECTIONS, key: fold(key, "directions") });
  const quantities = Object.fromEntries([
    ...directions.map((quantity, k) => [`projection ${k + 1}`, quantity] as const),
    [image ? "summary" : "misfit", (x: ArrayLike<number>) => x[size]] as const,
  ]);
  const calibrations: Record<string, Calibration> = {};
  for (const [method, sampler] of Object.entries(samplers)) {
    const trials: Trial[] = [];
    for (const [i, observation] of observations.entries()) {
      const draws = await sampler(observation, { key: fold(fold(key, method), i), n: samples });
      trials.push(await withDataQuantity(problem, { observation, draws }));
      progress.update(`calibration of ${slug}, ${method}`, { done: i + 1, total: n });
    }
    const labels = image ? depthLabels(survey.domain.shape, survey.mask) : undefined;
    const options = { quantities, references, labels, cells, key: fold(key, `tests of ${method}`) };
    calibrations[method] = calibrate(trials, options);
    const ranks = Object.values(calibrations[method].ranks);
    const flat = Float64Array.from(ranks.flatMap((r) => [...r]));
    await recorder.array(`${slug}/calibration/${method}-ranks`, flat, [ranks.length, n]);
  }
  return calibrations;
}

/**
 * A trial with one more component that depends on the data. For vectors it is `-2 log p(d | x)`. For images that
 * would take the solves of a survey for every sample. There it is `<x, summary>`, the part of the misfit that is
 * linear in x.
 */
async function withDataQuantity(
  problem: Problem,
  { observation: { truth, data, summary }, draws }: { observation: Observation; draws: Float32Array },
): Promise<Trial> {
  const size = truth.length, n = draws.length / size;
  const all = new Float32Array(truth.length + draws.length);
  all.set(truth);
  all.set(draws, size);
  const values = problem.survey.domain.kind === "image"
    ? Float64Array.from(
      { length: n + 1 },
      (_, k) => summary.subarray(0, size).reduce((s, y, i) => s + y * all[k * size + i], 0),
    )
    : await misfitsOf(problem, { samples: all, data });
  const wide = new Float64Array((n + 1) * (size + 1));
  for (let k = 0; k <= n; k++) {
    wide.set(all.subarray(k * size, (k + 1) * size), k * (size + 1));
    wide[k * (size + 1) + size] = values[k];
  }
  return { truth: wide.subarray(0, size + 1), samples: wide.subarray(size + 1) };
}

/** A scenario whose learned posteriors are calibrated. */
interface CalibrationTask {
  readonly spec: Spec;
  readonly slug: string;
  readonly key: Key;
  readonly problems: Problems;
  readonly learned?: Learned;
  readonly context: RunContext;
  /** What its observations depend on. */
  readonly reads: Readonly<Record<string, unknown>>;
  readonly problem: () => Promise<Problem>;
}

interface Calibrated {
  readonly calibrations: Readonly<Record<string, Calibration>>;
  /** By method, why it could not be calibrated. */
  readonly absent: Readonly<Record<string, string>>;
  readonly arrays: RecordedArrays;
}

/** Calibration of the learned posteriors, where the spec wants it. */
export function calibrationNode(task: CalibrationTask): Node<Calibrated> | undefined {
  const { spec, learned, problems, context, slug } = task, { calibration } = spec.evaluation;
  if (!calibration || !learned) return;
  const correction = calibration.corrected ? spec.correction : undefined;
  const parts = {
    reads: { calibration, correction, problem: task.reads },
    upstream: [learned.trained, learned.simulation.pairs, problems.reference],
  };
  return context.graph.node("calibrate", parts, async () => {
    const problem = await task.problem(), recorder = arrayCollector();
    const samplers = learnedSamplers({ ...task, learned, problem, corrected: calibration.corrected });
    const outcome = await attempt(async () =>
      await calibrationStage(calibration, {
        problem,
        samplers,
        estimator: await estimatorOf(learned, problems),
        slug,
        key: fold(task.key, "calibration"),
        recorder,
        progress: context.progress,
      })
    );
    const { absent } = outcome.reason === undefined
      ? { absent: {} }
      : allAbsent(Object.keys(samplers), outcome.reason);
    return {
      calibrations: outcome.reason === undefined ? outcome.value : {},
      absent,
      arrays: recorder.take(),
    };
  });
}

/** Reference points of calibration. */
async function estimatorOf({ simulation }: Learned, problems: Problems): Promise<PointEstimator> {
  const { survey, summary } = (await problems.nominal()).problem;
  return linearEstimator(await simulation.pairs.get(), { x: survey.domain, y: summary.space });
}
