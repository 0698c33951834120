import { type ComputeDevice, type DeviceMemory, WINDOW_ALIGNMENT } from "../../../core/engine/mod.ts";
import type { Setting } from "../setting.ts";
import type { Snapshots } from "../wasm/kernels.ts";
import { sizesOf } from "./sizes.ts";
import { snapshotBytes } from "./snapshot_source.ts";

/** Most slots of a bank: enough wavefields to fill a device, few enough to allocate before they are needed. */
const BANK_SLOTS = 32;

/** Most bytes of one memory of snapshots. */
const MEMORY_BYTES = 2 ** 30;

/** Slots that lie side by side: a snapshot is of all of them. */
export interface Bank {
  /** Memories of snapshots, each of as many. */
  readonly memories: readonly DeviceMemory[];
  /** Largest absolute value of each slot's snapshots, flat [slots, kept]. */
  readonly peaks: DeviceMemory;
}

/** How backgrounds lie on the device. */
export interface BankLayout {
  readonly slots: number;
  /** Bytes from one snapshot of all slots to the next, and snapshots in a memory. */
  readonly stride: number;
  readonly perMemory: number;
  readonly kept: number;
}

/** Divides `slots` into equal banks, whose snapshots a kernel can see. */
export function bankLayout(
  setting: Setting,
  { slots, snapshots, limits }: { slots: number; snapshots: Snapshots; limits: ComputeDevice["limits"] },
): BankLayout {
  const bytes = snapshotBytes(setting, snapshots);
  const most = Math.max(1, Math.min(BANK_SLOTS, Math.floor(limits.binding / bytes)));
  const bank = Math.ceil(slots / Math.ceil(slots / most));
  const stride = Math.ceil(bank * bytes / WINDOW_ALIGNMENT) * WINDOW_ALIGNMENT;
  const perMemory = Math.max(1, Math.floor(Math.min(limits.memory, MEMORY_BYTES) / stride));
  return { slots: bank, stride, perMemory, kept: sizesOf(setting).kept };
}

export function allocateBank(device: ComputeDevice, { slots, stride, perMemory, kept }: BankLayout): Bank {
  const memories = Array.from({ length: Math.ceil(kept / perMemory) }, (_, i) => {
    const snapshots = Math.min(perMemory, kept - i * perMemory);
    return device.allocate(snapshots * stride, "background wavefields");
  });
  return { memories, peaks: device.allocate(4 * slots * kept, "scales of background wavefields") };
}
