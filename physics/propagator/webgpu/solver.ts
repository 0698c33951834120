import type { Vector } from "../../../core/contracts/vector.ts";
import type { ComputeDevice, DeviceMemory, Dispatch } from "../../../core/engine/mod.ts";
import { mediumOf, type Setting } from "../setting.ts";
import { type Batch, checkFinite, concatenate, type Medium, type Shot, type Solution } from "../shots.ts";
import type { Snapshots } from "../wasm/kernels.ts";
import { allocateBank, type Bank, bankLayout } from "./backgrounds.ts";
import { launcher, type Program, submitAll, upload } from "./launch.ts";
import { backgroundLoop, demigrateLoop, type Launch, migrateLoop, modelLoop } from "./loops.ts";
import { groupsOf, type Part, partsOf } from "./shot_groups.ts";
import { type LaneSizes, sizesOf } from "./sizes.ts";
import { kernelSources } from "./kernel_source.ts";
import { type CellRows, constantTables, type Lane, laneTable, transposeReceivers } from "./tables.ts";
import { imageOf, modelOf } from "./window_values.ts";
import { mostLanes, Workspace } from "./workspace.ts";

export interface SolverOptions {
  readonly device: ComputeDevice;
  readonly snapshots: Snapshots;
  /** Backgrounds that the device keeps, each of `slotBytes` (wasm/kernels.ts); a shot's slot is below this. */
  readonly slots: number;
  /** Bytes of what is solved at once; more is solved in parts. */
  readonly laneBytes: number;
}

const LOOPS = { demigrate: demigrateLoop, migrate: migrateLoop, model: modelLoop };

/** `ShotSolver` of shots.ts on a device: all lanes of a batch at once. */
export class DeviceSolver {
  readonly #program: Program;
  readonly #sizes: LaneSizes;
  readonly #workspace: Workspace;
  readonly #most: number;
  readonly #cells: CellRows;
  /** What no batch changes, by the bindings' names. */
  readonly #constants: Readonly<Record<string, DeviceMemory>>;
  readonly #banks: Bank[] = [];
  readonly #keys = new Map<number, string>();
  #medium?: string;

  constructor(setting: Setting, { device, snapshots, slots, laneBytes }: SolverOptions) {
    const sizes = sizesOf(setting), banks = bankLayout(setting, { slots, snapshots, limits: device.limits });
    const sources = Object.entries(kernelSources(setting, { snapshots, bankSlots: banks.slots }));
    const kernels = Object.fromEntries(sources.map(([name, source]) => [name, device.compile(source)]));
    this.#program = { device, setting, kernels: kernels as Program["kernels"], banks };
    this.#sizes = sizes;
    this.#workspace = new Workspace(device, sizes);
    this.#most = mostLanes(sizes, device, laneBytes);
    this.#cells = transposeReceivers(setting);
    this.#constants = upload(device, constantTables(setting, this.#cells));
  }

  async solve(batch: Batch): Promise<Solution> {
    const { operation, count, shots } = batch, linear = operation !== "model", outputs: Vector[] = [];
    let solves = shots.length * count;
    if (linear) this.#enter(batch.medium);
    for (const group of linear ? groupsOf(shots, this.#program.banks.slots) : [[...shots.keys()]]) {
      if (linear) solves += await this.#prepareBackgrounds(group.map((i) => shots[i]));
      for (const part of partsOf(group, { count, most: this.#most })) {
        await this.#solvePart(batch, part, outputs);
      }
    }
    return { output: concatenate(outputs), solves };
  }

  #enter(medium?: Medium): void {
    const { setting } = this.#program, name = medium?.name ?? "";
    if (this.#medium === name) return;
    this.#writeMedia([medium ? mediumOf(setting, medium.x) : setting.AC]);
    this.#medium = name;
  }

  #writeMedia(media: readonly Float64Array[]): void {
    const memory = this.#workspace.media(media.length);
    this.#medium = undefined;
    media.forEach((AC, i) =>
      this.#program.device.write(memory, new Float32Array(AC), 4 * i * this.#sizes.field)
    );
  }

  /** Solves the backgrounds of one bank that their slots do not have yet; gives their number. */
  async #prepareBackgrounds(shots: readonly Shot[]): Promise<number> {
    const wanted = new Map(shots.map((shot) => [shot.slot, shot])).values();
    const missing = [...wanted.filter(({ slot, key }) => this.#keys.get(slot) !== key)];
    for (let i = 0; i < missing.length; i += this.#most) {
      await this.#solveBackgrounds(missing.slice(i, i + this.#most));
    }
    return missing.length;
  }

  async #solveBackgrounds(shots: readonly Shot[]): Promise<void> {
    const { device, setting, banks } = this.#program, bank = this.#bankOf(shots[0]), bytes = 4 * banks.kept;
    const lanes = shots.map((shot, i): Lane => ({
      shot,
      medium: 0,
      model: i,
      place: shot.slot % banks.slots,
    }));
    for (const { shot, place } of lanes) {
      this.#keys.delete(shot.slot);
      device.clear(bank.peaks, { from: place * bytes, bytes });
    }
    this.#run((launch) => backgroundLoop(launch, setting), { lanes, bank });
    const peaks = new Float32Array(await device.read(bank.peaks, bank.peaks.size));
    for (const { shot, place } of lanes) {
      checkFinite(peaks.subarray(place * banks.kept, (place + 1) * banks.kept), shot.name);
      this.#keys.set(shot.slot, shot.key);
    }
  }

  #bankOf({ slot }: Shot): Bank {
    const { device, banks } = this.#program;
    return this.#banks[Math.floor(slot / banks.slots)] ??= allocateBank(device, banks);
  }

  /** Sets the outputs of a part, in the order of the batch. */
  async #solvePart(batch: Batch, part: Part, outputs: Vector[]): Promise<void> {
    const { operation, count } = batch, { setting } = this.#program, inputs = part.to - part.from;
    const lanes = this.#lanesOf(batch, part);
    this.#writeInputs(batch, { ...part, lanes: lanes.length });
    this.#run((launch) => LOOPS[operation](launch, setting), {
      lanes,
      bank: operation === "model" ? undefined : this.#bankOf(lanes[0].shot),
    });
    const results = await this.#readResults(operation, lanes);
    results.forEach((result, lane) => {
      outputs[part.shots[Math.floor(lane / inputs)] * count + part.from + lane % inputs] = result;
    });
  }

  #lanesOf({ operation, shots }: Batch, part: Part): Lane[] {
    const { slots } = this.#program.banks, inputs = Array.from({ length: part.to - part.from }, (_, k) => k);
    return part.shots.flatMap((i) =>
      inputs.map((k) => ({
        shot: shots[i],
        medium: operation === "model" ? k : 0,
        model: k,
        place: shots[i].slot % slots,
      }))
    );
  }

  #writeInputs(
    { operation, count, input }: Batch,
    { shots, from, to, lanes }: Part & { lanes: number },
  ): void {
    const { device, setting } = this.#program, { window, traces } = this.#workspace.lanes(lanes);
    if (operation === "migrate") {
      const size = this.#sizes.traces, row = 4 * (to - from) * size;
      shots.forEach((i, at) => {
        const data = input.subarray((i * count + from) * size, (i * count + to) * size);
        device.write(traces, new Float32Array(data), at * row);
      });
      return device.clear(window);
    }
    const size = input.length / count;
    const inputs = Array.from(
      { length: to - from },
      (_, k) => input.subarray((from + k) * size, (from + k + 1) * size),
    );
    if (operation === "model") return this.#writeMedia(inputs.map((x) => mediumOf(setting, x)));
    inputs.forEach((x, k) => device.write(window, modelOf(setting, x), 4 * k * this.#sizes.window));
  }

  async #readResults(operation: Batch["operation"], lanes: readonly Lane[]): Promise<Float32Array[]> {
    const { device, setting } = this.#program, { window, traces } = this.#workspace.lanes(lanes.length);
    const imaging = operation === "migrate", size = imaging ? this.#sizes.window : this.#sizes.traces;
    const all = new Float32Array(await device.read(imaging ? window : traces, 4 * size * lanes.length));
    return lanes.map(({ shot }, lane) => {
      const result = checkFinite(all.subarray(lane * size, (lane + 1) * size), shot.name);
      return imaging ? imageOf(setting, result) : result;
    });
  }

  /** Runs a loop from fields of zero. */
  #run(
    loop: (launch: Launch) => Iterable<Dispatch>,
    { lanes, bank }: { lanes: readonly Lane[]; bank?: Bank },
  ): void {
    const { device, setting } = this.#program,
      { fields, window, traces } = this.#workspace.lanes(lanes.length);
    const { tables, counts } = laneTable(lanes, setting, this.#cells.spreads),
      laneMemories = upload(device, tables);
    const memories = { ...this.#constants, ...laneMemories, window, traces, media: this.#workspace.media(1) };
    for (const field of fields) device.clear(field);
    const launch = launcher(this.#program, { memories, fields, bank, counts });
    submitAll(this.#program, loop(launch), lanes.length);
    for (const memory of Object.values(laneMemories)) memory.destroy();
  }
}
