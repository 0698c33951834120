import { dispose, type FlatParams, flatten, unflatten } from "../engine/mod.ts";
import type { TrainingState } from "../inference/train.ts";
import type { StageCache } from "./cache.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

export interface Checkpoints {
  /** The latest state that was written whole; its tensors belong to the caller. */
  load(): Promise<TrainingState | undefined>;
  store(state: TrainingState): Promise<void>;
  remove(): Promise<void>;
}

/**
 * The states of an unfinished training. Two slots take turns: a kill while one is written, when its file and its
 * manifest disagree, leaves the other, one epoch older.
 */
export function trainingCheckpoints(cache: StageCache, inputs: unknown): Checkpoints {
  const slots = [0, 1].map((slot) => ({ inputs, slot }));
  return {
    async load() {
      const found = await Promise.all(slots.map((slot) => cache.load("train-partial", slot)));
      const states = found.flatMap((files) => files ? [decodeState(files["state.safetensors"])] : []);
      const latest = states.sort((a, b) => b.epoch - a.epoch)[0];
      for (const state of states) if (state !== latest) PARTS.forEach((part) => dispose(state[part]));
      return latest;
    },
    async store(state) {
      await cache.store("train-partial", slots[state.epoch % 2], {
        "state.safetensors": await encodeState(state),
      });
    },
    async remove() {
      for (const slot of slots) await cache.remove("train-partial", slot);
    },
  };
}

const PARTS = ["params", "optimizer", "average", "best"] as const;

async function encodeState(state: TrainingState): Promise<Uint8Array> {
  const tensors: Record<string, FlatParams[string]> = {};
  for (const part of PARTS) {
    for (const [name, p] of Object.entries(await flatten(state[part]))) tensors[`${part}/${name}`] = p;
  }
  const { epoch, step, bestLoss, rollbacks, recent } = state;
  // JSON has no Infinity, which bestLoss is before the first epoch ends.
  const numbers = { epoch, step, rollbacks, recent, bestLoss: `${bestLoss}` };
  return encodeSafetensors(tensors, { state: JSON.stringify(numbers) });
}

function decodeState(bytes: Uint8Array): TrainingState {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const part = (name: string) =>
    unflatten(Object.fromEntries(
      Object.entries(tensors).filter(([key]) => key.startsWith(`${name}/`))
        .map(([key, p]) => [key.slice(name.length + 1), p]),
    ));
  const [params, optimizer, average, best] = PARTS.map(part);
  const numbers = JSON.parse(metadata.state);
  return { ...numbers, bestLoss: Number(numbers.bestLoss), params, optimizer, average, best };
}
