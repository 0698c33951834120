import {
  type BoundKernel,
  type ComputeDevice,
  type DeviceMemory,
  type Dispatch,
  type Kernel,
  WINDOW_ALIGNMENT,
} from "../../../core/engine/mod.ts";
import type { Setting } from "../setting.ts";
import type { Bank, BankLayout } from "./backgrounds.ts";
import type { Launch } from "./loops.ts";
import { sizesOf, TILE_ROWS } from "./sizes.ts";
import type { KernelName } from "./kernel_source.ts";
import { TILE_GROUP } from "./stencil_source.ts";
import { GROUP } from "./wgsl.ts";

/** How many of each thing a kernel runs over. */
interface Counts {
  readonly lanes: number;
  readonly sourcePoints: number;
  readonly cells: number;
}

/** What the kernels of some lanes work on: memories by the bindings' names, and backgrounds where there are any. */
interface Workplace {
  readonly memories: Readonly<Record<string, DeviceMemory>>;
  readonly fields: readonly [DeviceMemory, DeviceMemory];
  readonly bank?: Bank;
  readonly counts: Counts;
}

export interface Program {
  readonly device: ComputeDevice;
  readonly setting: Setting;
  readonly kernels: Readonly<Record<KernelName, Kernel>>;
  readonly banks: BankLayout;
}

/** The tables in memories of their own. */
export function upload<Name extends string>(
  device: ComputeDevice,
  tables: Readonly<Record<Name, ArrayBufferView<ArrayBuffer>>>,
): Record<Name, DeviceMemory> {
  const entries = Object.entries<ArrayBufferView<ArrayBuffer>>(tables).map(([name, table]) => {
    const memory = device.allocate(table.byteLength, name);
    device.write(memory, table);
    return [name, memory];
  });
  return Object.fromEntries(entries);
}

/** Launches of the program's kernels at a workplace. */
export function launcher({ device, setting, kernels, banks }: Program, workplace: Workplace): Launch {
  const bound = new Map<string, BoundKernel>(), groups = workgroupsOf(setting, workplace.counts);
  const bind = (name: KernelName, { parity, memory }: { parity: number; memory: number }) => {
    const { memories, fields, bank } = workplace;
    return device.bind(kernels[name], {
      ...memories,
      u: fields[parity],
      p: fields[1 - parity],
      ...(bank && { snapshot: bank.memories[memory], peaks: bank.peaks }),
    });
  };
  return (name, n): Dispatch => {
    const snapshot = Math.floor(n / setting.every),
      parity = n % 2,
      memory = Math.floor(snapshot / banks.perMemory);
    const key = `${name} ${parity} ${memory}`;
    if (!bound.has(key)) bound.set(key, bind(name, { parity, memory }));
    const windows: Record<string, number> = {
      step: n * WINDOW_ALIGNMENT,
      snapshot: snapshot % banks.perMemory * banks.stride,
    };
    const offsets = Object.keys(kernels[name].source.bindings).flatMap((binding) => windows[binding] ?? []);
    return { bound: bound.get(key)!, groups: groups[name], offsets };
  };
}

function workgroupsOf(
  setting: Setting,
  { lanes, sourcePoints, cells }: Counts,
): Record<KernelName, Dispatch["groups"]> {
  const { layout: { rows, columns }, spread } = setting;
  const along = (count: number): Dispatch["groups"] => [Math.ceil(count / GROUP), lanes, 1];
  const tiles: Dispatch["groups"] = [
    Math.ceil(columns / 4 / TILE_GROUP),
    Math.ceil(rows / TILE_ROWS / TILE_GROUP),
    lanes,
  ];
  const window = along(sizesOf(setting).window / 4);
  return {
    step: tiles,
    remember: tiles,
    scatter: tiles,
    correlate: tiles,
    difference: window,
    keep: window,
    pulse: along(sourcePoints),
    record: along(spread),
    inject: along(cells),
  };
}

/** Cells and steps of a submission: few enough that no watchdog takes the device for hung. */
const CELLS_PER_SUBMIT = 2e9, STEPS_PER_SUBMIT = 100;

/** Submits the dispatches of a loop, some steps at a time. */
export function submitAll({ device, setting }: Program, dispatches: Iterable<Dispatch>, lanes: number): void {
  const steps = Math.min(STEPS_PER_SUBMIT, CELLS_PER_SUBMIT / (lanes * sizesOf(setting).field));
  const size = Math.max(1, Math.floor(2 * steps)); // a step takes two dispatches or more
  const pending: Dispatch[] = [];
  for (const dispatch of dispatches) {
    if (pending.push(dispatch) < size) continue;
    device.submit(pending.splice(0));
  }
  if (pending.length > 0) device.submit(pending);
}
