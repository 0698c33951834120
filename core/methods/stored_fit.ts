import type { Params } from "../contracts/flow.ts";
import { dispose, type FlatParams, flatten, unflatten } from "../engine/mod.ts";
import type { CorrectionEvent } from "../inference/correction_task.ts";
import type { FittedCorrection } from "../inference/draw.ts";
import type { OpenedFlow } from "../learning/opened.ts";

/** What a {@link FittedCorrection} holds besides its kind, as it is kept. */
export interface StoredParts {
  /** Parameters, by the name of the field that holds them. */
  readonly tensors: Readonly<Record<string, FlatParams>>;
  /** Plain arrays, by the same. */
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

/** A fitted correction as it is kept. */
export interface StoredFit extends StoredParts {
  /** What the fit took. */
  readonly solves: number;
  readonly seconds: number;
  /** Its events as they are recorded. */
  readonly events: readonly FitEvent[];
  /** Where it stood after the passes that were asked for. */
  readonly snapshots: readonly Snapshot[];
}

export interface Snapshot extends StoredParts {
  readonly pass: number;
  readonly solves: number;
}

export type FitEvent = CorrectionEvent & { readonly solves: number };

/** A fit as it ended, or after a pass that it got to. */
export function standing(fit: StoredFit, pass?: number): StoredParts {
  return pass === undefined ? fit : fit.snapshots.find((snapshot) => snapshot.pass === pass)!;
}

/** What a fit holds besides its kind of correction. */
export function fields(
  { correction: _, ...fields }: FittedCorrection,
): Record<string, Params | Float32Array> {
  return Object.fromEntries(Object.entries(fields).filter(([, part]) => part !== undefined));
}

/** These parts as they are kept. */
export async function partsOf(fit: FittedCorrection): Promise<StoredParts> {
  const tensors: Record<string, FlatParams> = {}, arrays: Record<string, Float32Array> = {};
  for (const [name, part] of Object.entries(fields(fit))) {
    if (part instanceof Float32Array) arrays[name] = part;
    else tensors[name] = await flatten(part);
  }
  return { tensors, arrays };
}

/** Uses a fitted correction, whose tensors live that long. */
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
