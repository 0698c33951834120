import type { Vector } from "../../core/contracts/vector.ts";
import { combineRows, mediumOf, type Setting } from "./setting.ts";
import { demigrate, type Kernels, migrate, model, solveBackground } from "./solve.ts";

/** One single or simultaneous source: its weights over the sources, its spread, the place of its background. */
export interface Shot {
  /** For messages: "shot 3", "an encoded shot". */
  readonly name: string;
  readonly weights: Float64Array;
  /** Row of its first receiver. */
  readonly firstReceiver: number;
  /** Names weights and medium: the background in the slot is this shot's if it has this key. */
  readonly key: string;
  readonly slot: number;
}

/** A change x of the medium that backgrounds are solved in, and a name that no other change has. */
export interface Medium {
  readonly name: string;
  readonly x: Vector;
}

/** Several shots times `count` inputs: every shot's data or image for every input. */
export interface Batch {
  /** J, J^T, or F, whose inputs are media. */
  readonly operation: "demigrate" | "migrate" | "model";
  readonly count: number;
  /** Models [count, cells], the same for all shots; for `migrate` data [shots, count, spread, samples]. */
  readonly input: Vector;
  readonly shots: readonly Shot[];
  /** Absent: the setting's own. `model` does not use it. */
  readonly medium?: Medium;
}

/** Flat [shots, count, spread, samples], or images [shots, count, cells]; and the wave equations solved for it. */
export interface Solution {
  readonly output: Vector;
  readonly solves: number;
}

/** Solves shots on one set of kernels and knows whose background each of their slots holds. */
export class ShotSolver {
  readonly #kernels: Kernels;
  readonly #setting: Setting;
  readonly #keys = new Map<number, string>();
  #medium = "";

  constructor(kernels: Kernels, setting: Setting) {
    this.#kernels = kernels;
    this.#setting = setting;
  }

  solve(batch: Batch): Solution {
    if (batch.operation === "model") return this.#modelAll(batch);
    const { operation, count, input, shots, medium } = batch, all = batch.shots.length * count;
    this.#enter(medium);
    const size = operation === "demigrate" ? input.length / count : input.length / all;
    const outputs: Vector[] = [];
    let solves = all;
    for (const [i, shot] of shots.entries()) {
      solves += this.#prepareBackground(shot);
      for (let k = 0; k < count; k++) {
        const from = (operation === "demigrate" ? k : i * count + k) * size,
          part = input.subarray(from, from + size);
        outputs.push(
          checkFinite(operation === "demigrate" ? this.#demigrate(part) : this.#migrate(part), shot.name),
        );
      }
    }
    return { output: concatenate(outputs), solves };
  }

  /** Medium after medium, so that each is entered once. */
  #modelAll({ count, input, shots }: Batch): Solution {
    const size = input.length / count, outputs: Vector[] = [];
    this.#medium = "a modelled one";
    for (let k = 0; k < count; k++) {
      this.#kernels.setMedium(mediumOf(this.#setting, input.subarray(k * size, (k + 1) * size)));
      shots.forEach((shot, i) => {
        this.#fire(shot);
        model(this.#kernels, this.#setting);
        outputs[i * count + k] = checkFinite(this.#kernels.readTraces(), shot.name);
      });
    }
    return { output: concatenate(outputs), solves: shots.length * count };
  }

  #enter(medium?: Medium): void {
    const name = medium?.name ?? "";
    if (this.#medium === name) return;
    this.#kernels.setMedium(medium ? mediumOf(this.#setting, medium.x) : this.#setting.AC);
    this.#medium = name;
  }

  #fire({ weights, firstReceiver }: Shot): void {
    this.#kernels.setSource(combineRows(this.#setting.sources, weights));
    this.#kernels.selectSpread(firstReceiver);
  }

  /** Solves the background unless the slot has it; gives the solves that it took. */
  #prepareBackground(shot: Shot): number {
    const { slot, key } = shot;
    this.#fire(shot);
    this.#kernels.selectSlot(slot);
    if (this.#keys.get(slot) === key) return 0;
    this.#keys.delete(slot);
    solveBackground(this.#kernels, this.#setting);
    this.#kernels.finishSlot();
    this.#keys.set(slot, key);
    return 1;
  }

  #demigrate(x: Vector): Vector {
    this.#kernels.setModel(x);
    demigrate(this.#kernels, this.#setting);
    return this.#kernels.readTraces();
  }

  #migrate(d: Vector): Vector {
    this.#kernels.setTraces(d);
    migrate(this.#kernels, this.#setting);
    return this.#kernels.readImage();
  }
}

/** Passes a result on unless it overflowed. */
export function checkFinite<V extends Vector>(v: V, name: string): V {
  if (v.every(Number.isFinite)) return v;
  throw new Error(`The result of ${name} is not finite: its input must be finite and of moderate size`);
}

/** Equally long parts, one after another. */
export function concatenate<V extends Vector>(parts: readonly V[]): V {
  const [{ constructor: Numbers, length }] = parts;
  const all = new (Numbers as { new (n: number): V })(parts.length * length);
  parts.forEach((part, i) => all.set(part, i * length));
  return all;
}
