import { resolve } from "node:path";
import type { EvaluationSpec, ObservationFiles } from "../contracts/spec.ts";
import { admit, type Expectation } from "../data/admit.ts";
import { readInput } from "../data/input.ts";
import { decodeNpy, type NpyArray } from "../data/npy.ts";
import { sizeOf } from "../base/shape.ts";

/** The arrays of {@link ObservationFiles}. */
type Arrays = { readonly [K in keyof ObservationFiles]: NpyArray };

/** A key of `evaluation` and what is wrong with the file that it names. */
interface FileFault {
  readonly key: keyof ObservationFiles;
  readonly message: string;
}

/** Numbers in a row of each file: of an observation, of an unknown. */
type RowSizes = { readonly [K in keyof Required<ObservationFiles>]: number };

export function rowSizes({ data, unknown }: { data: number; unknown: number }): RowSizes {
  return { observations: data, truths: unknown, reference: unknown };
}

/**
 * The issues of the files that are found before a problem is built: missing, not .npy, unusable numbers, or shapes
 * that do not agree with each other or with `sizes`, if these are known.
 */
export function fileFaults(
  { files, observations: wanted }: Pick<EvaluationSpec, "files" | "observations">,
  { folder, sizes }: { folder: string; sizes?: RowSizes },
): FileFault[] {
  if (!files) return [];
  const faults: FileFault[] = [], read: Partial<Record<keyof ObservationFiles, NpyArray>> = {};
  for (const key of keysOf(files)) {
    try {
      read[key] = readArray(key, { files, folder });
    } catch (error) {
      faults.push({ key, message: (error as Error).message });
    }
  }
  if (faults.length > 0) return faults;
  const arrays = read as Arrays, { observations, truths, reference } = arrays, [n] = observations.shape;
  const fault = (key: keyof ObservationFiles, says: string) =>
    faults.push({ key, message: `has the shape [${read[key]!.shape}]: ${says}` });
  if (n < wanted) fault("observations", `evaluation.observations is ${wanted}, it must have as many rows`);
  if (truths.shape[0] !== n) fault("truths", `it must have ${n} rows, as many as the observations`);
  if (reference && (reference.shape[0] !== n || reference.shape.length !== 3)) {
    fault("reference", `it must be [${n}, samples, size of the unknown]`);
  }
  return faults.length > 0 || !sizes ? faults : sizeFaults(arrays, { files, sizes });
}

/** Files whose rows are of another size than the problem's. */
export function sizeFaults(
  arrays: Arrays,
  { files, sizes }: { files: ObservationFiles; sizes: RowSizes },
): FileFault[] {
  return keysOf(files).flatMap((key) => {
    const { shape } = arrays[key]!, row = sizeOf({ shape: shape.slice(key === "reference" ? 2 : 1) });
    if (row === sizes[key]) return [];
    const what = key === "observations" ? "data of this operator have" : "unknown of this operator has";
    return [{
      key,
      message: `${files[key]} has rows of ${row} numbers, shape [${shape}]: the ${what} ${sizes[key]}`,
    }];
  });
}

function keysOf(files: ObservationFiles): (keyof ObservationFiles)[] {
  return (["observations", "truths", "reference"] as const).filter((key) => files[key] !== undefined);
}

/** The arrays of files that are without fault. */
export function readArrays(files: ObservationFiles, folder: string): Arrays {
  const entries = keysOf(files).map((key) => [key, readArray(key, { files, folder })]);
  return Object.fromEntries(entries) as Arrays;
}

/**
 * Issues of constant arrays. A truth may be 0 everywhere; constant data or samples mean that the file was not written
 * or read correctly.
 */
const EXPECTED: { readonly [K in keyof Required<ObservationFiles>]: Omit<Expectation, "from"> } = {
  observations: { what: "observations", must: "vary", single: true },
  truths: { what: "truths", must: "be finite", single: true },
  reference: { what: "samples", must: "vary", single: true },
};

function readArray(
  key: keyof ObservationFiles,
  { files, folder }: { files: ObservationFiles; folder: string },
): NpyArray {
  const path = files[key]!, array = readInput(resolve(folder, path), decodeNpy);
  return admit(array, { from: path, ...EXPECTED[key] });
}
