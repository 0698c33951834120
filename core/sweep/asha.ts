/** One configuration at one rung; `loss` is absent while it runs and infinite where it failed. */
interface RungTrial {
  readonly config: number;
  readonly rung: number;
  readonly loss?: number;
}

interface Halving {
  /** Configurations in all. */
  readonly configs: number;
  readonly rungs: number;
  readonly eta: number;
}

/**
 * The next job of asynchronous successive halving (Li et al. 2020, "A system for massively parallel hyperparameter
 * tuning", algorithm 2). Rungs are searched from the highest down. A configuration among the best 1/eta of the finished
 * ones of its rung is promoted. If no rung has one, a new configuration starts at the lowest rung. Returns nothing if
 * all have started and none can be promoted.
 */
export function nextRung(
  trials: readonly RungTrial[],
  { configs, rungs, eta }: Halving,
): { config: number; rung: number } | undefined {
  for (let rung = rungs - 2; rung >= 0; rung--) {
    const done = trials.filter((t) => t.rung === rung && t.loss !== undefined)
      .sort((a, b) => a.loss! - b.loss! || a.config - b.config);
    const promoted = new Set(trials.filter((t) => t.rung === rung + 1).map((t) => t.config));
    const rising = done.slice(0, Math.floor(done.length / eta))
      .find(({ config, loss }) => loss! < Infinity && !promoted.has(config));
    if (rising) return { config: rising.config, rung: rung + 1 };
  }
  const started = new Set(trials.filter((t) => t.rung === 0).map((t) => t.config));
  const fresh = Array.from({ length: configs }, (_, i) => i).find((i) => !started.has(i));
  return fresh === undefined ? undefined : { config: fresh, rung: 0 };
}

/** Resource of each rung: min, min eta, min eta^2, ..., max. */
export function rungLevels({ min, max, eta }: { min: number; max: number; eta: number }): number[] {
  const levels: number[] = [];
  for (let level = min; level < max; level *= eta) levels.push(level);
  return [...levels, max];
}
