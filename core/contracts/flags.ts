import type { EngineName } from "../engine/mod.ts";
import type { Resources } from "./cost.ts";

/** What to compute ahead of a run: all that the flow needs, or a part of the simulation. */
export interface Ahead {
  readonly only: "simulate" | "train";
  /** Which of `count` equal parts of the shards, from 1. */
  readonly shard?: { readonly index: number; readonly count: number };
}

export interface RunFlags {
  readonly engine: EngineName;
  readonly resources: Resources;
  readonly out?: string;
  /** What to compute into the cache in place of a whole run. */
  readonly ahead?: Ahead;
  /** Jobs that simulate, with one behind them that runs; absent: the run is here and now. */
  readonly shards?: number;
  readonly quiet: boolean;
  /** Aborted by SIGINT, SIGTERM or SIGUSR2: write a checkpoint and throw. */
  readonly signal: AbortSignal;
}

export interface SweepFlags extends RunFlags {
  /** Go on with a sweep whose space has changed. */
  readonly extend: boolean;
  /** Submit and leave; of Slurm alone. */
  readonly detach: boolean;
  /**
   * These do not run the sweep: `status` reports on it, `cancel` ends its jobs, `collect` records finished trials.
   */
  readonly status: boolean;
  readonly cancel: boolean;
  readonly collect: boolean;
}
