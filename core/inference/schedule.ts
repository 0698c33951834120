import type { TrainingSpec } from "../contracts/spec.ts";

/** Rollbacks of one training, after which it is given up. */
export const MOST_ROLLBACKS = 5;

/** Factor on the rate after each rollback. */
const ROLLBACK_FACTOR = 0.5;

/** Nats per dimension: a latent variable that should have mean square 1 has 7. */
const JUMP = 3;

/** Number of readings of the loss that define its recent level. */
const RECENT = 9;

/**
 * The learning rate of the step after `step` steps: the product of warm-up, decay by epochs, and the reductions by
 * rollbacks.
 */
export function rateAt(
  rate: number,
  { epoch, step, rollbacks }: { epoch: number; step: number; rollbacks: number },
  { warmUp, decay, decayEvery }: Pick<TrainingSpec, "warmUp" | "decay" | "decayEvery">,
): number {
  const rise = warmUp > 0 ? Math.min(1, (step + 1) / warmUp) : 1;
  return rate * rise * decay ** Math.floor(epoch / decayEvery) * ROLLBACK_FACTOR ** rollbacks;
}

/** The last readings of the training loss, `loss` included. */
export function withReading(recent: readonly number[], loss: number): number[] {
  return [...recent, loss].slice(-RECENT);
}

/**
 * Whether a training diverges, by its last readings of the loss: the last is not finite, or the last two lie more
 * than {@link JUMP} above the median of those before. One such reading alone may be a batch of outliers, but
 * at an epoch's end it is enough, as that state is what a later rollback goes back to.
 */
export function diverges(readings: readonly number[], { atEnd }: { atEnd: boolean }): boolean {
  if (!Number.isFinite(readings.at(-1))) return true;
  const judged = atEnd ? 1 : 2, before = readings.slice(0, -judged).sort((a, b) => a - b);
  if (before.length === 0) return false;
  const limit = before[Math.floor(before.length / 2)] + JUMP;
  return readings.slice(-judged).every((loss) => loss > limit);
}
