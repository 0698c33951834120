import type { Spec } from "../contracts/spec.ts";
import { dispose, type FlatParams, flatten, unflatten } from "../engine/mod.ts";
import { type CorrectionEvent, correctLatent } from "../inference/correct.ts";
import type { FittedCorrection } from "../inference/draw.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { fold, type Key } from "../random.ts";
import type { OpenedFlow } from "./learned.ts";

/** A fitted correction as it is kept. */
export interface StoredFit {
  /** The parameters of a {@link FittedCorrection}, by the name of the field that holds them. */
  readonly tensors: Readonly<Record<string, FlatParams>>;
  /** What the fit took. */
  readonly solves: number;
  readonly seconds: number;
  /** Its events as they are recorded. */
  readonly events: readonly FitEvent[];
}

export type FitEvent = CorrectionEvent & { readonly solves: number };

export interface FitTask {
  readonly spec: Spec;
  readonly problem: Problem;
  readonly observation: Pick<Observation, "data" | "summary">;
  readonly opened: OpenedFlow;
  readonly key: Key;
  readonly signal?: AbortSignal;
}

/** Fits the spec's correction to one observation. */
export async function fitCorrection(
  { spec, problem: { survey, noise, prior }, observation, opened, key, signal }: FitTask,
  progress?: (event: FitEvent) => void,
): Promise<StoredFit> {
  const { posterior, correction, corrector: optimizer, stepsPerPass } = opened, { solves: counter } = survey;
  const before = counter.count, started = performance.now(), events: FitEvent[] = [];
  const { correction: _, ...params } = await correctLatent({ posterior, survey, noise, prior, observation }, {
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
  });
  const cost = { solves: counter.count - before, seconds: (performance.now() - started) / 1000 };
  const tensors: Record<string, FlatParams> = {};
  for (const [name, part] of Object.entries(params)) {
    if (!part) continue;
    tensors[name] = await flatten(part);
    dispose(part);
  }
  return { tensors, ...cost, events };
}

/** Uses a fitted correction, whose tensors live that long. */
export async function withFit<T>(
  { tensors }: StoredFit,
  { correction }: Pick<OpenedFlow, "correction">,
  use: (fitted: FittedCorrection) => Promise<T>,
): Promise<T> {
  const parts = Object.fromEntries(Object.entries(tensors).map(([name, flat]) => [name, unflatten(flat)]));
  try {
    return await use({ correction, ...parts } as unknown as FittedCorrection);
  } finally {
    Object.values(parts).forEach(dispose);
  }
}
