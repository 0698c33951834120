import type { Params } from "../contracts/flow.ts";
import type { Spec } from "../contracts/spec.ts";
import { dispose, type FlatParams, flatten, unflatten } from "../engine/mod.ts";
import { fitCorrection } from "../inference/correct.ts";
import type { CorrectionEvent } from "../inference/correction_task.ts";
import type { FittedCorrection } from "../inference/draw.ts";
import type { Observation, Problem } from "../inference/simulate.ts";
import { fold, type Key } from "../base/random.ts";
import type { OpenedFlow } from "../learning/learned.ts";

/** The parts of a {@link FittedCorrection} as they are stored, without its kind. */
export interface StoredParts {
  /** Parameters by the name of their field. */
  readonly tensors: Readonly<Record<string, FlatParams>>;
  /** Plain arrays by the name of their field. */
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

/** A fitted correction as it is stored. */
export interface StoredFit extends StoredParts {
  /** The cost of the fit. */
  readonly solves: number;
  readonly seconds: number;
  /** The events of the fit as they are recorded. */
  readonly events: readonly FitEvent[];
  /** The correction after each of the requested passes. */
  readonly snapshots: readonly Snapshot[];
}

export interface Snapshot extends StoredParts {
  readonly pass: number;
  readonly solves: number;
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

/** Fits the correction of the spec to one observation. The result includes the correction after each of `passes`. */
export async function fitted(
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
    onPass: async (there, pass) => {
      if (passes.includes(pass)) {
        snapshots.push({ pass, solves: counter.count - before, ...await partsOf(there) });
      }
    },
  });
  const cost = { solves: counter.count - before, seconds: (performance.now() - started) / 1000 };
  const parts = await partsOf(fit);
  for (const part of Object.values(fields(fit))) if (!(part instanceof Float32Array)) dispose(part);
  return { ...parts, ...cost, events, snapshots };
}

/** The parts of a fit, without the kind of its correction. */
function fields({ correction: _, ...fields }: FittedCorrection): Record<string, Params | Float32Array> {
  return Object.fromEntries(Object.entries(fields).filter(([, part]) => part !== undefined));
}

async function partsOf(fit: FittedCorrection): Promise<StoredParts> {
  const tensors: Record<string, FlatParams> = {}, arrays: Record<string, Float32Array> = {};
  for (const [name, part] of Object.entries(fields(fit))) {
    if (part instanceof Float32Array) arrays[name] = part;
    else tensors[name] = await flatten(part);
  }
  return { tensors, arrays };
}

/** Calls a function with a fitted correction. The tensors are freed after the call. */
export async function withFit<T>(
  { tensors, arrays }: StoredParts,
  { correction }: Pick<OpenedFlow, "correction">,
  use: (fitted: FittedCorrection) => Promise<T>,
): Promise<T> {
  const params = Object.fromEntries(Object.entries(tensors).map(([name, flat]) => [name, unflatten(flat)]));
  try {
    return await use({ correction, ...arrays, ...params } as unknown as FittedCorrection);
  } finally {
    Object.values(params).forEach(dispose);
  }
}
