import type { Setting } from "../setting.ts";

/** Rows that one invocation of the stencil computes, four columns each. */
export const TILE_ROWS = 4;

/**
 * Sizes of what one lane, a shot and an input, has on the device, in cells. A wavefield lies there as in the setting's
 * layout, with dead rows after it: tiles may reach beyond the last computed row, but not into the next lane.
 */
export interface LaneSizes {
  readonly field: number;
  readonly window: number;
  readonly traces: number;
  /** Snapshots of a background. */
  readonly kept: number;
}

export function sizesOf({ layout, spread, wavelet, every }: Setting): LaneSizes {
  const { origin, rows, radius, stride, window } = layout, tiles = Math.ceil(rows / TILE_ROWS);
  return {
    field: origin + (tiles * TILE_ROWS + radius) * stride,
    window: window.rows * window.columns,
    traces: spread * wavelet.length,
    kept: Math.ceil(wavelet.length / every),
  };
}
