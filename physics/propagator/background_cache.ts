/** Where the background wavefields of a shot are, or shall go. */
interface Place {
  readonly propagator: number;
  readonly slot: number;
}

/**
 * Which background is kept where: each propagator has `slots` of them, and gives up the one not used for longest.
 * A shot stays with the propagator that has its background.
 */
export class BackgroundCache {
  /** Least recently used first. */
  readonly #places = new Map<string, Place>();
  readonly #used: number[];
  readonly #slots: number;

  constructor({ propagators, slots }: { propagators: number; slots: number }) {
    this.#used = new Array(propagators).fill(0);
    this.#slots = slots;
  }

  /** The place of the background named `key`; a new one goes to the propagator with the smallest `load`. */
  place(key: string, load: readonly number[]): Place {
    const place = this.#places.get(key) ?? this.#vacate(this.#leastBusy(load));
    this.#places.delete(key);
    this.#places.set(key, place);
    return place;
  }

  /** Of equally loaded propagators, the one with the fewest backgrounds. */
  #leastBusy(load: readonly number[]): number {
    const burden = (i: number) => [load[i], this.#used[i]];
    return load.reduce((best, _, i) => {
      const [a, b] = [burden(i), burden(best)];
      return (a[0] - b[0] || a[1] - b[1]) < 0 ? i : best;
    }, 0);
  }

  #vacate(propagator: number): Place {
    if (this.#used[propagator] < this.#slots) return { propagator, slot: this.#used[propagator]++ };
    const [key, place] = this.#places.entries().find(([, place]) => place.propagator === propagator)!;
    this.#places.delete(key);
    return place;
  }
}
