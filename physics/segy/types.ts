import type { SegyFormat } from "./formats.ts";

/** One trace: places in metres along the line, elevations positive upwards, and its samples. */
export interface SegyTrace {
  readonly cdp: number;
  readonly sourceX: number;
  readonly receiverX: number;
  /** Of the surface at the source, and of the receiver. */
  readonly sourceElevation: number;
  readonly receiverElevation: number;
  /** Of the source below the surface. */
  readonly sourceDepth: number;
  readonly samples: Float32Array | Float64Array;
}

/** A file's content. */
export interface Segy {
  /** The textual header: lines of at most 80 characters. */
  readonly text: readonly string[];
  /** Sample interval [s]. */
  readonly interval: number;
  readonly format: SegyFormat;
  readonly littleEndian: boolean;
  /** All of one length. */
  readonly traces: readonly SegyTrace[];
}
