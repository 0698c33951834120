/** Offsets of fields; they count from 0, where the standard counts bytes from 1. */

export const HEADER_BYTES = 3600, TRACE_HEADER_BYTES = 240;

/** In the file: what every revision has. */
export const BINARY = {
  tracesPerEnsemble: 3212,
  interval: 3216,
  samples: 3220,
  format: 3224,
  measurement: 3254,
  revision: 3500,
} as const;

/** In the file: what revision 1 added (SEG Technical Standards Committee 2002). */
export const REVISION_1 = { fixedLength: 3502, extendedTexts: 3504 } as const;

/** In the file: what revision 2 added (SEG Technical Standards Committee 2017). */
export const REVISION_2 = {
  samples: 3268,
  interval: 3272,
  byteOrder: 3296,
  /** Of 4 bytes in revision 2.0, of 2 from 2.1 on. */
  extraTraceHeaders: 3506,
  firstTrace: 3520,
  trailers: 3528,
} as const;

/** In a trace header. */
export const TRACE = {
  sequenceInLine: 0,
  sequenceInFile: 4,
  field: 8,
  number: 12,
  cdp: 20,
  kind: 28,
  offset: 36,
  receiverElevation: 40,
  sourceElevation: 44,
  sourceDepth: 48,
  elevationScalar: 68,
  coordinateScalar: 70,
  sourceX: 72,
  receiverX: 80,
  coordinateUnit: 88,
  samples: 114,
  interval: 116,
} as const;
