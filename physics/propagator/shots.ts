import type { Vector } from "../../core/contracts/vector.ts";
import { combineRows, type Setting } from "./setting.ts";
import { demigrate, type Kernels, migrate, solveBackground } from "./solve.ts";

/** One single or simultaneous source: its weights over the sources, and the slot that its background is kept in. */
export interface Shot {
  /** For messages: "shot 3", "an encoded shot". */
  readonly name: string;
  readonly weights: Float64Array;
  /** Names the weights: the background in the slot is this shot's if it has this key. */
  readonly key: string;
  readonly slot: number;
}

/** Several shots of the same direction: one model for all (`forward`), or every shot's data in a row (`adjoint`). */
export interface Batch {
  readonly direction: "forward" | "adjoint";
  readonly input: Vector;
  readonly shots: readonly Shot[];
}

/** Each shot's data or image in a row, [shots, ...], and the wave equations solved for it. */
export interface Solution {
  readonly output: Vector;
  readonly solves: number;
}

/** Solves shots on one set of kernels and knows whose background each of their slots holds. */
export class ShotSolver {
  readonly #kernels: Kernels;
  readonly #setting: Setting;
  readonly #keys = new Map<number, string>();

  constructor(kernels: Kernels, setting: Setting) {
    this.#kernels = kernels;
    this.#setting = setting;
  }

  solve({ direction, input, shots }: Batch): Solution {
    const size = direction === "forward" ? 0 : input.length / shots.length;
    const outputs: Vector[] = [];
    let solves = 0;
    for (const [i, shot] of shots.entries()) {
      solves += this.#prepareBackground(shot) + 1;
      const output = size === 0
        ? this.#demigrate(input)
        : this.#migrate(input.subarray(i * size, (i + 1) * size));
      outputs.push(checkFinite(output, shot.name));
    }
    return { output: concatenate(outputs), solves };
  }

  /** Solves the background unless the slot has it; gives the solves that it took. */
  #prepareBackground({ slot, key, weights }: Shot): number {
    this.#kernels.selectSlot(slot);
    if (this.#keys.get(slot) === key) return 0;
    this.#keys.delete(slot);
    this.#kernels.setSource(combineRows(this.#setting.sources, weights));
    solveBackground(this.#kernels, this.#setting);
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

function checkFinite(v: Vector, name: string): Vector {
  if (v.every(Number.isFinite)) return v;
  throw new Error(`The result of ${name} is not finite: its input must be finite and of moderate size`);
}

function concatenate(parts: readonly Vector[]): Vector {
  const [{ constructor: Numbers, length }] = parts;
  const all: Vector = new (Numbers as Float64ArrayConstructor)(parts.length * length);
  parts.forEach((part, i) => all.set(part, i * length));
  return all;
}
