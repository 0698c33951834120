import type { ComputeDevice, DeviceMemory } from "../../../core/engine/mod.ts";
import type { LaneSizes } from "./sizes.ts";

/** Workgroups along y and z that every device launches. */
const MOST_LANES = 65535;

/** The most lanes that take `laneBytes` together and of which the device can hold and see each kind of memory. */
export function mostLanes(
  { field, window, traces }: LaneSizes,
  device: ComputeDevice,
  laneBytes: number,
): number {
  const { memory, binding } = device.limits;
  const together = laneBytes / (4 * (3 * field + window + traces));
  const apart = Math.min(memory, binding) / (4 * Math.max(field, window, traces));
  return Math.max(1, Math.min(Math.floor(together), Math.floor(apart), MOST_LANES));
}

interface LaneMemories {
  readonly fields: readonly [DeviceMemory, DeviceMemory];
  readonly window: DeviceMemory;
  readonly traces: DeviceMemory;
}

/** Memories that grow with the number of lanes and media; what was in them is lost then. */
export class Workspace {
  readonly #device: ComputeDevice;
  readonly #sizes: LaneSizes;
  #lanes?: LaneMemories;
  #count = 0;
  #media?: DeviceMemory;

  constructor(device: ComputeDevice, sizes: LaneSizes) {
    this.#device = device;
    this.#sizes = sizes;
  }

  /** Memories of `count` lanes or more: two levels of u, the window (model, image or difference), and traces. */
  lanes(count: number): LaneMemories {
    if (this.#lanes && this.#count >= count) return this.#lanes;
    const { field, window, traces } = this.#sizes;
    const allocate = (cells: number, what: string) => this.#device.allocate(4 * count * cells, what);
    this.#freeLanes();
    this.#count = count;
    return this.#lanes = {
      fields: [allocate(field, "wavefields"), allocate(field, "wavefields")],
      window: allocate(window, "images"),
      traces: allocate(traces, "traces"),
    };
  }

  #freeLanes(): void {
    if (!this.#lanes) return;
    for (const memory of [...this.#lanes.fields, this.#lanes.window, this.#lanes.traces]) memory.destroy();
    this.#lanes = undefined;
  }

  /** `A C` of `count` media or more. */
  media(count: number): DeviceMemory {
    const bytes = 4 * count * this.#sizes.field;
    if (this.#media && this.#media.size >= bytes) return this.#media;
    this.#media?.destroy();
    this.#media = undefined;
    return this.#media = this.#device.allocate(bytes, "media");
  }
}
