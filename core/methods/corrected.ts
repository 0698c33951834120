import type { Spec } from "../contracts/spec.ts";
import { fitCorrection } from "../inference/correct.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { fold, type Key } from "../base/random.ts";
import type { OpenedFlow } from "../learning/opened.ts";
import { doublingPasses } from "../plan/fixed_settings.ts";
import { corrects } from "../spec/learning.ts";
import type { Node } from "../store/graph.ts";
import type { LearnedTask } from "./method.ts";
import { disposeFit, type FitEvent, type Snapshot, storedCorrection, type StoredFit } from "./stored_fit.ts";

interface FitTask {
  readonly spec: Spec;
  readonly problem: Problem;
  readonly observation: Pick<Observation, "data" | "summary">;
  readonly opened: OpenedFlow;
  readonly key: Key;
  readonly signal?: AbortSignal;
}

/** Fits the correction of the spec to one observation. The result includes the correction after each of `passes`. */
export async function fitToObservation(
  { spec, problem: { survey, noise, prior, summary }, observation, opened, key, signal }: FitTask,
  { passes = [], progress }: { passes?: readonly number[]; progress?: (event: FitEvent) => void } = {},
): Promise<StoredFit> {
  const { posterior, correction, corrector: optimizer, stepsPerPass } = opened, { solves: counter } = survey;
  const before = counter.count, started = performance.now();
  const events: FitEvent[] = [], snapshots: Snapshot[] = [];
  const fit = await fitCorrection({ posterior, survey, noise, prior, summary, observation }, {
    correction,
    optimizer,
    settings: spec.correction,
    stepsPerPass,
    key: fold(key, "correct"),
    signal,
    progress: (event) => {
      events.push({ ...event, solves: counter.count - before });
      progress?.(events.at(-1)!);
    },
    onPass: async (snapshot, pass) => {
      if (passes.includes(pass)) {
        snapshots.push({ pass, solves: counter.count - before, fitted: await storedCorrection(snapshot) });
      }
    },
  });
  const cost = { solves: counter.count - before, seconds: (performance.now() - started) / 1000 };
  const fitted = await storedCorrection(fit);
  disposeFit(fit);
  return { fitted, ...cost, events, snapshots };
}

/** The passes after which the correction is judged for a trade-off, in addition to its end. */
export function tradeoffPasses(spec: Spec): number[] {
  const { correction, evaluation } = spec;
  return evaluation.tradeoff && corrects(spec) ? doublingPasses(correction.passes) : [];
}

/** The correction that is fitted to an observation. */
export function fitNode(
  { spec, learned, observation, problem, key, context, event }: LearnedTask,
): Node<StoredFit> {
  const passes = tradeoffPasses(spec), { correction } = spec, upstream = [learned.trained, observation];
  const parts = { reads: { correction, ...passes.length > 0 && { passes } }, upstream };
  return context.graph.node("correct", parts, async () =>
    await fitToObservation({
      spec,
      problem: await problem(),
      observation: await observation.get(),
      opened: await learned.open(),
      key,
      signal: context.signal,
    }, { passes, progress: event }));
}
