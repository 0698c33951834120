import type { SweepSpec } from "../contracts/spec.ts";
import { fold, integers, type Key, rootKey, uniforms } from "../base/random.ts";
import { nextRung, rungLevels } from "./asha.ts";
import { sobolBits } from "../base/sobol.ts";
import { type Dimension, dimensionsOf, overridesAt, overrideText } from "../spec/sweep_space.ts";
import { tpePoint } from "./tpe.ts";

/** A trial to run: its overrides, and what the method of the sweep records about it. */
export interface Proposal {
  readonly overrides: readonly string[];
  /** In the unit cube of the sweep's dimensions; absent for a grid. */
  readonly point?: readonly number[];
  /** Of asha. */
  readonly config?: number;
  readonly rung?: number;
}

/** A trial that was started. `loss` is absent until it ends; less is better, and infinite where it failed. */
export interface PastTrial extends Proposal {
  readonly loss?: number;
}

/** Chooses the trials of a sweep. It knows only the past trials that it is given, and draws by keys. */
export interface Planner {
  /** Trials in all; absent where it depends on their outcomes. */
  readonly total?: number;
  /** Up to `n` further trials. None while others run: wait for them; none when none runs: the sweep is over. */
  next(past: readonly PastTrial[], n: number): Proposal[];
}

/** The planner of a sweep over a spec of this seed. */
export function plannerOf(sweep: SweepSpec, { seed }: { seed: number }): Planner {
  const dimensions = dimensionsOf(sweep), key = fold(rootKey(seed), "sweep");
  if (sweep.method === "tpe") return tpe(sweep, { dimensions, key });
  if (sweep.method === "asha") return asha(sweep, { dimensions, key });
  return listed(repeated(pointsOf(sweep, { dimensions, key }), { seeds: sweep.seeds, seed }));
}

/**
 * Trials as a sweep may make them, before any has run: all of a method that lists them; of one that learns from what
 * has ended, as many points at random, each at all rungs.
 */
export function foreseen(sweep: SweepSpec, { seed }: { seed: number }): Proposal[] {
  const { method, trials = 0, resource } = sweep;
  if (method !== "tpe" && method !== "asha") return plannerOf(sweep, { seed }).next([], Infinity);
  const drawing = { dimensions: dimensionsOf(sweep), key: fold(rootKey(seed), "sweep") };
  const points = Array.from({ length: trials }, (_, i) => at(randomPoint(i, drawing), drawing.dimensions));
  if (!resource) return points;
  return points.flatMap((trial) =>
    rungLevels(resource).map((level) => ({
      ...trial,
      overrides: [...trial.overrides, overrideText(resource.key, level)],
    }))
  );
}

/** Trials that are known before the first runs. */
function listed(all: readonly Proposal[]): Planner {
  return {
    total: all.length,
    next(past, n) {
      const started = new Set(past.map(nameOf));
      return all.filter((trial) => !started.has(nameOf(trial))).slice(0, n);
    },
  };
}

const nameOf = ({ overrides }: Proposal) => overrides.join("\n");

interface Drawing {
  readonly dimensions: readonly Dimension[];
  readonly key: Key;
}

function pointsOf({ method, trials = 0 }: SweepSpec, drawing: Drawing): Proposal[] {
  const { dimensions } = drawing;
  if (method === "grid") {
    return gridOf(dimensions).map((point) => ({ overrides: overridesAt(dimensions, point) }));
  }
  const draw = method === "sobol" ? sobolPoint : randomPoint;
  return Array.from({ length: trials }, (_, i) => at(draw(i, drawing), dimensions));
}

function at(point: readonly number[], dimensions: readonly Dimension[]): Proposal {
  return { overrides: overridesAt(dimensions, point), point };
}

/** Each point once per seed, from the spec's own seed on. */
function repeated(
  points: readonly Proposal[],
  { seeds, seed }: { seeds: number; seed: number },
): readonly Proposal[] {
  if (seeds === 1) return points;
  return points.flatMap(({ overrides, ...rest }) =>
    Array.from({ length: seeds }, (_, r) => ({
      ...rest,
      overrides: [...overrides, overrideText("seed", seed + r)],
    }))
  );
}

/** Coordinates of every combination of the dimensions' choices, the last dimension fastest. */
function gridOf(dimensions: readonly Dimension[]): number[][] {
  return dimensions.reduce<number[][]>(
    (points, { choices }) =>
      points.flatMap((point) => choices!.map((_, i) => [...point, (i + 0.5) / choices!.length])),
    [[]],
  );
}

/** Draw i depends on the seed, i and an axis' own name alone: more trials or axes change no other. */
function randomPoint(i: number, { dimensions, key }: Drawing): number[] {
  return dimensions.map(({ keys: [name] }) => uniforms(fold(fold(key, i), name), 1)[0]);
}

/** Sobol's points under a digital shift: the seed moves them, and what is even about them stays. */
function sobolPoint(i: number, { dimensions, key }: Drawing): number[] {
  return dimensions.map(({ keys: [name] }, d) => {
    const [shift] = integers(fold(key, name), 1);
    return (((sobolBits(i, d) ^ shift) >>> 0) + 0.5) / 2 ** 32;
  });
}

function tpe({ trials = 0 }: SweepSpec, { dimensions, key }: Drawing): Planner {
  return {
    total: trials,
    next(past, n) {
      const judged = past.filter((t) => t.loss !== undefined).map(({ point, loss }) => ({
        point: point!,
        loss: loss!,
      }));
      const count = Math.max(0, Math.min(n, trials - past.length));
      return Array.from(
        { length: count },
        (_, i) => at(tpePoint(judged, { key: fold(key, past.length + i), dimensions }), dimensions),
      );
    },
  };
}

function asha({ trials = 0, resource }: SweepSpec, drawing: Drawing): Planner {
  const levels = rungLevels(resource!), { eta, key } = resource!;
  const halving = { configs: trials, rungs: levels.length, eta };
  return {
    next(past, n) {
      const trialsNow = past.map(({ config, rung, loss }) => ({ config: config!, rung: rung!, loss }));
      const proposals: Proposal[] = [];
      while (proposals.length < n) {
        const job = nextRung(trialsNow, halving);
        if (!job) break;
        trialsNow.push({ ...job, loss: undefined });
        const { overrides, point } = at(randomPoint(job.config, drawing), drawing.dimensions);
        proposals.push({ ...job, point, overrides: [...overrides, overrideText(key, levels[job.rung])] });
      }
      return proposals;
    },
  };
}
