import { dispose, type FlatParams, flatten, unflatten } from "../engine/mod.ts";
import type { TrainingState } from "../inference/train.ts";
import { type Address, addressOf, type StageCache } from "../store/cache.ts";
import { decodeSafetensors, encodeSafetensors } from "../store/safetensors.ts";

/** The state of a training, and its events so far. */
interface Checkpoint<E> {
  readonly state: TrainingState;
  readonly events: readonly E[];
}

interface Checkpoints<E> {
  /** The latest checkpoint that was written completely. The caller owns its tensors. */
  load(): Promise<Checkpoint<E> | undefined>;
  store(checkpoint: Checkpoint<E>): Promise<void>;
  remove(): Promise<void>;
}

const STATE = "state.safetensors", EVENTS = "events.json";

/**
 * Stores the states of an unfinished training in two slots by turns. If the process is killed while it writes one
 * slot, the other still holds the checkpoint before.
 */
export function trainingCheckpoints<E>(cache: StageCache, { name, identity }: Address): Checkpoints<E> {
  const slots = [0, 1].map((slot) => ({
    ...addressOf({ ...identity, stage: "train-partial", reads: { slot, of: identity.reads } }),
    lock: name,
  }));
  let next = 0;
  return {
    async load() {
      const stored = await Promise.all(slots.map((slot) => cache.load(slot)));
      const all = stored.flatMap((files, slot) => files ? [{ slot, ...decode<E>(files) }] : []);
      const latest = all.sort((a, b) => age(b.state) - age(a.state))[0];
      for (const { state } of all) if (state !== latest.state) release(state);
      if (latest) next = 1 - latest.slot;
      return latest;
    },
    async store({ state, events }) {
      const files = {
        [STATE]: await encodeState(state),
        [EVENTS]: new TextEncoder().encode(JSON.stringify(events)),
      };
      await cache.store(slots[next], files, { replace: true });
      next = 1 - next;
    },
    async remove() {
      for (const slot of slots) await cache.remove(slot);
    },
  };
}

/** The order of checkpoints of a training: the number of steps. A rollback comes after the steps that it undoes. */
function age({ step, rollbacks, within }: TrainingState): number {
  return rollbacks * 1e12 + (within?.step ?? step);
}

const MOVING = ["params", "optimizer", "average"] as const, PARTS = [...MOVING, "best"] as const;

function release(state: TrainingState): void {
  PARTS.forEach((part) => dispose(state[part]));
  if (state.within) MOVING.forEach((part) => dispose(state.within![part]));
}

async function encodeState(state: TrainingState): Promise<Uint8Array> {
  const tensors: Record<string, FlatParams[string]> = {};
  const keep = async (prefix: string, params: TrainingState["params"]) => {
    for (const [name, p] of Object.entries(await flatten(params))) tensors[`${prefix}/${name}`] = p;
  };
  for (const part of PARTS) await keep(part, state[part]);
  if (state.within) { for (const part of MOVING) await keep(`within ${part}`, state.within[part]); }
  const { epoch, step, bestLoss, rollbacks, recent } = state;
  const within = state.within &&
    { step: state.within.step, batches: state.within.batches, recent: state.within.recent };
  // JSON has no Infinity, which bestLoss is before the first epoch ends.
  const numbers = { epoch, step, rollbacks, recent, bestLoss: `${bestLoss}`, within };
  return encodeSafetensors(tensors, { state: JSON.stringify(numbers) });
}

function decode<E>(files: Readonly<Record<string, Uint8Array>>): Checkpoint<E> {
  return { state: decodeState(files[STATE]), events: JSON.parse(new TextDecoder().decode(files[EVENTS])) };
}

function decodeState(bytes: Uint8Array): TrainingState {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const part = (name: string) =>
    unflatten(Object.fromEntries(
      Object.entries(tensors).filter(([key]) => key.startsWith(`${name}/`))
        .map(([key, p]) => [key.slice(name.length + 1), p]),
    ));
  const parts = (prefix: string) => MOVING.map((name) => part(prefix + name));
  const [params, optimizer, average] = parts("");
  const { within, ...numbers } = JSON.parse(metadata.state);
  const state = {
    ...numbers,
    bestLoss: Number(numbers.bestLoss),
    params,
    optimizer,
    average,
    best: part("best"),
  };
  if (!within) return state;
  const [movedParams, movedOptimizer, movedAverage] = parts("within ");
  return {
    ...state,
    within: { ...within, params: movedParams, optimizer: movedOptimizer, average: movedAverage },
  };
}
