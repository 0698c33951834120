/** The part of csv-parse that is used. Its own types would replace Deno's for the whole project by those of Node. */

/** Offsets in bytes: how far the text was read when a record was complete. */
export interface Info {
  readonly bytes: number;
}

export interface CsvError extends Error {
  readonly code: string;
  /** The offset at which the last complete record ends. */
  readonly bytes: number;
}

export function parse(
  text: Uint8Array,
  options: Readonly<Record<string, unknown>> & { readonly info: true },
): { readonly record: string[]; readonly info: Info }[];
