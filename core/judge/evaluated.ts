import type { Spec } from "../contracts/spec.ts";
import { once } from "../base/once.ts";
import { fold, type Key } from "../base/random.ts";
import type { Problem } from "../inference/simulate.ts";
import type { Estimate, Exact } from "../methods/method.ts";
import type { StoredFit } from "../methods/stored_fit.ts";
import { attempt, type Figures } from "../metrics/mod.ts";
import type { GivenObservation } from "../problem/observations.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import { arrayCollector, type RecordedArrays } from "../store/recorder.ts";
import { scenarioJudge, unjudged } from "./judge.ts";
import { recordMethod } from "./observation_record.ts";
import { TRADEOFF_METRICS } from "./tradeoff.ts";

/** A method's metrics, why some are absent, and its arrays in the report. */
export interface Judged {
  readonly figures: Figures;
  readonly arrays: RecordedArrays;
}

/** An observation that estimates are judged on. */
interface JudgedObservation {
  readonly observation: Node<GivenObservation>;
  readonly exact: Node<Exact>;
  readonly key: Key;
  /** The folder of its arrays in the record. */
  readonly place: string;
}

/** Makes the nodes of a scenario's metrics. */
export interface Evaluations {
  /** A method's metrics; `predicts` keeps the shot that its mean predicts. */
  method(
    judged: { method: string; estimate: Node<Estimate | undefined>; predicts: boolean },
    at: JudgedObservation,
  ): Node<Judged | undefined>;
  /** The metrics of a trade-off after a pass of the correction. */
  pass(
    judged: { pass: number; estimate: Node<Estimate>; fit: Node<StoredFit> },
    at: JudgedObservation,
  ): Node<Figures["values"] | undefined>;
}

export function evaluationsOf(
  { evaluation }: Spec,
  { problem, key, context: { graph, registry } }: {
    problem: () => Promise<Problem>;
    key: Key;
    context: RunContext;
  },
): Evaluations {
  const { metrics } = evaluation;
  const judgeBy = (metrics: readonly string[]) =>
    once(async () =>
      scenarioJudge(await problem(), {
        settings: { ...evaluation, metrics },
        registry,
        key: fold(key, "judge"),
      })
    );
  const judge = judgeBy(metrics), glance = judgeBy(TRADEOFF_METRICS);
  return {
    method({ method, estimate, predicts }, { observation, exact, key, place }) {
      const parts = { reads: { method, metrics, predicts }, upstream: [estimate, observation, exact] };
      return graph.node("evaluate", parts, async () => {
        const { value, reason } = { value: undefined, ...await attempt(() => estimate.get()) };
        const recorder = arrayCollector();
        if (reason !== undefined) {
          return { figures: unjudged(evaluation, { registry, reason }), arrays: recorder.take() };
        }
        if (!value) return;
        const seen = await observation.get(), { survey } = await problem();
        const { posterior: reference, unreferenced } = await exact.get();
        const options = { reference, unreferenced, key: fold(key, "judge") };
        const figures = await (await judge())(value, seen, options);
        await recordMethod(recorder, place, { estimate: value, observation: seen, survey, predicts });
        return { figures, arrays: recorder.take() };
      });
    },
    pass({ pass, estimate, fit }, { observation, exact, key }) {
      const parts = { reads: { metrics: TRADEOFF_METRICS }, upstream: [estimate, observation, exact] };
      return graph.node("evaluate", parts, async () => {
        const { snapshots } = await fit.get();
        if (!snapshots.some((snapshot) => snapshot.pass === pass)) return; // the fit ended before
        const { posterior } = await exact.get(), options = { reference: posterior, key: fold(key, "judge") };
        return (await (await glance())(await estimate.get(), await observation.get(), options)).values;
      });
    },
  };
}
