/** Background wavefields beyond the memory, one after another in a file; the slot in memory is known. */
export class SpillFile {
  readonly #file: Deno.FsFile;
  readonly #written = new Set<number>();
  #current = -1;

  /** The file is unlinked at once, so that it goes with the process however that ends. */
  constructor(folder: string) {
    Deno.mkdirSync(folder, { recursive: true });
    const path = Deno.makeTempFileSync({ dir: folder, prefix: "wavefields-" });
    this.#file = Deno.openSync(path, { read: true, write: true });
    Deno.removeSync(path);
  }

  /** Makes `memory` hold the slot, if it was ever written. */
  read(slot: number, memory: Uint8Array): void {
    if (slot === this.#current) return;
    this.#current = slot;
    if (!this.#written.has(slot)) return;
    this.#file.seekSync(slot * memory.length, Deno.SeekMode.Start);
    for (let done = 0; done < memory.length;) {
      const read = this.#file.readSync(memory.subarray(done));
      if (read === null) throw new Error("The file of background wavefields ends before its last slot");
      done += read;
    }
  }

  /** Writes the slot that was read last. */
  write(memory: Uint8Array): void {
    this.#file.seekSync(this.#current * memory.length, Deno.SeekMode.Start);
    for (let done = 0; done < memory.length;) done += this.#file.writeSync(memory.subarray(done));
    this.#written.add(this.#current);
  }
}
