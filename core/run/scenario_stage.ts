import type { Spec } from "../contracts/spec.ts";
import type { TradeoffPoint } from "../contracts/summary.ts";
import type { Absences, MethodValues, ScenarioOutcome } from "../judge/outcome.ts";
import { bonferroni, type Calibration, type Figures } from "../metrics/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { corrects } from "../spec/learning.ts";
import { calibrationNode } from "../judge/calibration.ts";
import type { Detection } from "../learning/detection.ts";
import { geometryOf, recordAcquisition } from "../problem/geometry.ts";
import type { Node } from "../store/graph.ts";
import type { LearnedNodes } from "../methods/learned_nodes.ts";
import { refinementSolves } from "../methods/refined.ts";
import {
  aboutObservation,
  type ObservationNodes,
  observationNodes,
  type ScenarioTask,
} from "./observation_nodes.ts";
import type { PolicyOutcome } from "../methods/policy.ts";
import { recordArrays } from "../store/recorder.ts";
import { meanPoints, methodSolves, pointOf } from "../judge/tradeoff.ts";

/** The results of the learned methods for one observation, and the cost of its correction. */
interface LearnedOutcome {
  readonly detection: Detection;
  readonly policy?: PolicyOutcome;
  readonly solves: number;
  /** Passes of the correction; absent where it has nothing to fit. */
  readonly passes?: number;
  /** Solves of the refinement, where there is one. */
  readonly refinement?: number;
  readonly seconds: number;
}

/** Judges every method on fresh observations of one scenario, and records what the report shows. */
export async function scenarioStage(task: ScenarioTask): Promise<ScenarioOutcome> {
  const { spec, scenario, slug, context } = task, { recorder, progress } = context;
  const n = spec.evaluation.observations, values: MethodValues = {}, absent: Absences = {};
  const learned: LearnedOutcome[] = [];
  const geometry = await geometryOf(scenario.operator, context).get(), points: TradeoffPoint[] = [];
  const { sources, domain } = geometry;
  const priced = methodSolves(spec, { registry: context.registry, sources, unknowns: sizeOf(domain) });
  await recordAcquisition(recorder, slug, geometry);
  for (let i = 0; i < n; i++) {
    const nodes = observationNodes(task, i), labels = aboutObservation(task, i);
    for (const shown of nodes.shown) await recordArrays(recorder, await shown.get());
    for (const [method, node] of nodes.judged) {
      const { value: judged, cached } = await node.take();
      if (!judged) continue;
      const { figures } = judged;
      (values[method] ??= []).push(figures.values);
      (absent[method] ??= []).push(figures.absent);
      const event = { ...labels, method, ...figures.values, ...absence(figures), ...cached && CACHED };
      recorder.event({ stage: "evaluate", ...event });
      await recordArrays(recorder, judged.arrays);
    }
    if (nodes.learned) {
      const outcome = await learnedOutcomeOf(task, { nodes: nodes.learned, i, values, absent });
      for (const { pass, row, solves } of await judgedSnapshots(nodes)) {
        points.push(pointOf(row, { method: "corrected", pass, solves: priced.amortized + solves }));
      }
      Object.assign(priced, pricesOf(outcome, priced.amortized));
      learned.push(outcome);
    }
    for (const [method, rows] of Object.entries(values)) {
      if (!(method in priced)) continue;
      const pass = method === "corrected" ? learned.at(-1)!.passes : undefined;
      points.push(pointOf(rows.at(-1)!, { method, pass, solves: priced[method] }));
    }
    (absent.detection ??= []).push(learned.at(-1)?.detection.absent ?? {});
    progress.update(scenario.name, { done: i + 1, total: n, detail: progressText(values) });
  }
  const calibration = await calibrationNode(task)?.get(), together = await task.together?.get();
  if (calibration) {
    await recordArrays(recorder, calibration.arrays);
    absent.calibration = [calibration.absent];
  }
  if (together) absent.detection.push(together.absent);
  const outcome = learnedOutcome(spec, {
    learned,
    together: together?.values.together,
    calibration: calibration?.calibrations,
  });
  const tradeoff = spec.evaluation.tradeoff ? meanPoints(points) : undefined;
  return { name: scenario.name, slug, values, absent, tradeoff, ...outcome };
}

/** The fields of an event about absent metrics. */
function absence({ absent }: Figures): { absent?: Figures["absent"] } {
  return Object.keys(absent).length > 0 ? { absent } : {};
}

/** Solves of the fitted methods. */
function pricesOf(
  { solves, refinement = 0, policy }: LearnedOutcome,
  amortized: number,
): Record<string, number> {
  const fitted = { corrected: solves, refined: solves + refinement, policy: policy?.solves ?? 0 };
  return Object.fromEntries(Object.entries(fitted).map(([method, more]) => [method, amortized + more]));
}

/** The correction as it was judged after some of its passes. */
async function judgedSnapshots({ passes, learned }: ObservationNodes) {
  const snapshots = passes.length > 0 ? (await learned!.fit.get()).snapshots : [];
  const solvesAt = new Map(snapshots.map(({ pass, solves }) => [pass, solves]));
  const judged = [];
  for (const { pass, row } of passes) {
    const values = await row.get();
    if (values) judged.push({ pass, row: values, solves: solvesAt.get(pass)! });
  }
  return judged;
}

const CACHED = { cached: true } as const;

/** The nodes of all results of a scenario. */
export function scenarioNodes(task: ScenarioTask): Node[] {
  const nodes: Node[] = [geometryOf(task.scenario.operator, task.context)];
  for (let i = 0; i < task.spec.evaluation.observations; i++) {
    const { shown, judged, passes, learned } = observationNodes(task, i);
    nodes.push(...shown, ...judged.map(([, node]) => node), ...passes.map(({ row }) => row));
    if (learned) nodes.push(learned.detection, learned.fit, ...learned.decision ? [learned.decision] : []);
  }
  const calibration = calibrationNode(task);
  return [...nodes, ...task.together ? [task.together] : [], ...calibration ? [calibration] : []];
}

/** Records the results of an observation that do not need its truth. */
async function learnedOutcomeOf(
  task: ScenarioTask,
  { nodes: { detection, fit, refined, decision }, i, values, absent }: {
    nodes: LearnedNodes;
    i: number;
    values: MethodValues;
    absent: Absences;
  },
): Promise<LearnedOutcome> {
  const { recorder } = task.context, labels = aboutObservation(task, i);
  const fitted = await fit.take(), { solves, seconds, events } = fitted.value;
  if (fitted.cached) {
    for (const event of events) recorder.event({ stage: "correct", ...labels, ...event, ...CACHED });
  }
  const shift = await detection.get(), policy = await decision?.get();
  recorder.event({ stage: "detect", ...labels, ...shift });
  if (policy) {
    (values.policy ??= []).push(values[policy.method].at(-1)!);
    (absent.policy ??= []).push(absent[policy.method].at(-1)!);
    recorder.event({ stage: "policy", ...labels, ...policy });
  }
  const refinement = await refinementSolves(refined);
  const passes = events.at(-1)?.pass;
  return { detection: shift, policy, solves, passes, refinement, seconds };
}

/** What a scenario's learned posteriors took, and the p-values of the tests that need no truth, or many. */
function learnedOutcome(
  spec: Spec,
  { learned, together, calibration }: {
    learned: readonly LearnedOutcome[];
    /** p-value that all observations together are like the training data. */
    together?: number;
    calibration?: Record<string, Calibration>;
  },
): Partial<ScenarioOutcome> {
  if (learned.length === 0) return {};
  const mean = (of: (outcome: LearnedOutcome) => number) =>
    learned.reduce((sum, outcome) => sum + of(outcome), 0) / learned.length;
  const detections = learned.map(({ detection }) => detection);
  const joint = (name: Exclude<keyof Detection, "absent">) => {
    const pValues = detections.flatMap((detection) => detection[name] ?? []);
    return pValues.length > 0 ? [[name, bonferroni(pValues)] as const] : [];
  };
  const calibrated = Object.entries(calibration ?? {}).map(([method, { pValue }]) =>
    [method, pValue] as const
  );
  const cost = {
    solves: mean((o) => o.solves),
    passes: mean((o) => o.passes ?? 0),
    seconds: mean((o) => o.seconds),
  };
  return {
    cost: corrects(spec) ? cost : undefined,
    detections,
    decisions: learned.flatMap(({ policy }) => policy ?? []),
    calibration,
    pValues: {
      detection: {
        ...Object.fromEntries((["summary", "residual", "latent", "joint"] as const).flatMap(joint)),
        ...(together !== undefined && { together }),
      },
      calibration: Object.fromEntries(calibrated),
    },
  };
}

/** The SNR of the methods judged last, from the first to the last of them. */
function progressText(values: MethodValues): string {
  const mean = (rows: MethodValues[string]) => {
    const snrs = rows.flatMap(({ snr }) => snr ?? []);
    return snrs.length > 0 ? (snrs.reduce((a, b) => a + b) / snrs.length).toFixed(1) : "-";
  };
  const { amortized, corrected, migration, ...baselines } = values;
  const shown = amortized ? [amortized, corrected] : [migration, ...Object.values(baselines)];
  return `SNR ${shown.filter(Boolean).map(mean).join(" -> ")} dB`;
}
