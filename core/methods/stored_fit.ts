import type { Correction } from "../contracts/correction.ts";
import { dispose, type FlatParams, flatten, unflatten } from "../engine/mod.ts";
import type { CorrectionEvent } from "../inference/correction_task.ts";
import {
  type FittedCorrection,
  type FittedSummary,
  latentCorrection,
} from "../inference/fitted_correction.ts";
import type { OpenedFlow } from "../learning/opened.ts";

/** A {@link FittedCorrection} as plain arrays. The correction itself is built from the spec again. */
type StoredCorrection =
  | { readonly changes: "latents"; readonly params: FlatParams }
  | { readonly changes: "weights"; readonly weights: FlatParams }
  | FittedSummary;

/** A fit as it is stored: its end, its cost, its recorded events, and its state after the passes that are judged. */
export interface StoredFit {
  readonly fitted: StoredCorrection;
  readonly solves: number;
  readonly seconds: number;
  readonly events: readonly FitEvent[];
  readonly snapshots: readonly Snapshot[];
}

/** A fit after one of its passes, and its solves up to there. */
export interface Snapshot {
  readonly fitted: StoredCorrection;
  readonly pass: number;
  readonly solves: number;
}

export type FitEvent = CorrectionEvent & { readonly solves: number };

/** A fit at its end, or after a pass of which it has a snapshot. */
export function stateAt(fit: StoredFit, pass?: number): StoredFit | Snapshot {
  return pass === undefined ? fit : fit.snapshots.find((snapshot) => snapshot.pass === pass)!;
}

/** A fitted correction, copied into plain arrays. The caller still owns its tensors. */
export async function storedCorrection(fit: FittedCorrection): Promise<StoredCorrection> {
  switch (fit.changes) {
    case "latents":
      return { changes: "latents", params: await flatten(fit.params) };
    case "weights":
      return { changes: "weights", weights: await flatten(fit.weights) };
    case "summary":
      return fit;
  }
}

/** Frees the tensors of a fitted correction. */
export function disposeFit(fit: FittedCorrection): void {
  if (fit.changes === "latents") dispose(fit.params);
  if (fit.changes === "weights") dispose(fit.weights);
}

/** Uses a fitted correction. Its tensors are freed afterwards. */
export async function withFit<T>(
  { fitted }: Pick<StoredFit, "fitted">,
  { correction }: Pick<OpenedFlow, "correction">,
  use: (fit: FittedCorrection) => Promise<T>,
): Promise<T> {
  const fit = restored(fitted, correction);
  try {
    return await use(fit);
  } finally {
    disposeFit(fit);
  }
}

function restored(fitted: StoredCorrection, correction: Correction): FittedCorrection {
  switch (fitted.changes) {
    case "latents":
      return {
        changes: "latents",
        correction: latentCorrection(correction),
        params: unflatten(fitted.params),
      };
    case "weights":
      return { changes: "weights", weights: unflatten(fitted.weights) };
    case "summary":
      return fitted;
  }
}
