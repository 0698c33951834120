import type { Shot } from "../shots.ts";

/** Shots, by their index in the batch, and a range of inputs: each of these with each of those. */
export interface Part {
  readonly shots: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** All shots with all inputs, in parts of at most `most` lanes. */
export function* partsOf(
  shots: readonly number[],
  { count, most }: { count: number; most: number },
): Generator<Part> {
  const inputs = Math.min(count, most), side = Math.floor(most / inputs);
  for (let i = 0; i < shots.length; i += side) {
    for (let from = 0; from < count; from += inputs) {
      yield { shots: shots.slice(i, i + side), from, to: Math.min(count, from + inputs) };
    }
  }
}

/**
 * The shots in groups whose backgrounds can be on the device at once, in one bank of `bankSlots`: of two shots that
 * share a slot, the later one's group comes later.
 */
export function groupsOf(shots: readonly Shot[], bankSlots: number): number[][] {
  const rounds: { keys: Map<number, string>; indices: number[] }[] = [];
  shots.forEach(({ slot, key }, i) => {
    let round = rounds.at(-1);
    if (!round || (round.keys.get(slot) ?? key) !== key) {
      rounds.push(round = { keys: new Map(), indices: [] });
    }
    round.keys.set(slot, key);
    round.indices.push(i);
  });
  return rounds.flatMap(({ indices }) => [
    ...Map.groupBy(indices, (i) => Math.floor(shots[i].slot / bankSlots)).values(),
  ]);
}
