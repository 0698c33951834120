import { resolve } from "node:path";
import type { Survey } from "../contracts/operator.ts";
import type { EvaluationSpec, ObservationFiles } from "../contracts/spec.ts";
import { type Observation, type Problem, simulateObservation } from "../inference/simulate.ts";
import { sizeOf } from "../linalg/mod.ts";
import { decodeNpy, type NpyArray } from "../npy.ts";
import type { Key } from "../random.ts";

/** An observation, and samples of its true posterior, flat [m, size], where a file has them. */
export interface GivenObservation extends Observation {
  readonly reference?: Float32Array;
}

/** The arrays of {@link ObservationFiles}. */
type Arrays = { readonly [K in keyof ObservationFiles]: NpyArray };

/** A key of `evaluation` and what is wrong with the file that it names. */
export interface FileFault {
  readonly key: keyof ObservationFiles;
  readonly message: string;
}

/** Observation `i` of one scenario: from files where they are given, else a simulated one. */
export async function observationOf(
  problem: Problem,
  { i, key, unknowns, files, folder }: {
    i: number;
    key: Key;
    /** The truths of all simulated observations, where they are drawn already. */
    unknowns?: Float32Array;
    files?: ObservationFiles;
    folder: string;
  },
): Promise<GivenObservation> {
  if (!files) return await simulateObservation(problem, { key, i, unknowns });
  const arrays = readArrays(files, folder);
  const row = ({ data, shape: [count] }: NpyArray) => {
    const length = data.length / count;
    return Float32Array.from(data.subarray(i * length, (i + 1) * length));
  };
  const data = row(arrays.observations), reference = arrays.reference && row(arrays.reference);
  return { truth: row(arrays.truths), data, summary: await problem.summary.apply(data), reference };
}

/** What is wrong with the files before any problem is built: missing, not .npy, of shapes that do not agree. */
export function fileFaults(
  { files, observations: wanted }: Pick<EvaluationSpec, "files" | "observations">,
  folder: string,
): FileFault[] {
  if (!files) return [];
  const faults: FileFault[] = [], found: Partial<Record<keyof ObservationFiles, NpyArray>> = {};
  for (const key of keysOf(files)) {
    try {
      found[key] = readArray(files[key]!, folder);
    } catch (error) {
      faults.push({ key, message: `is ${files[key]}: ${(error as Error).message}` });
    }
  }
  if (faults.length > 0) return faults;
  const { observations, truths, reference } = found as Arrays, [n] = observations.shape;
  const fault = (key: keyof ObservationFiles, says: string) =>
    faults.push({ key, message: `has the shape [${found[key]!.shape}]: ${says}` });
  if (n < wanted) fault("observations", `evaluation.observations is ${wanted}, it must have as many rows`);
  if (truths.shape[0] !== n) fault("truths", `it must have ${n} rows, as many as the observations`);
  if (reference && (reference.shape[0] !== n || reference.shape.length !== 3)) {
    fault("reference", `it must be [${n}, samples, size of the unknown]`);
  }
  return faults;
}

function keysOf(files: ObservationFiles): (keyof ObservationFiles)[] {
  return (["observations", "truths", "reference"] as const).filter((key) => files[key] !== undefined);
}

function readArrays(files: ObservationFiles, folder: string): Arrays {
  const entries = keysOf(files).map((key) => [key, readArray(files[key]!, folder)]);
  return Object.fromEntries(entries) as Arrays;
}

function readArray(path: string, folder: string): NpyArray {
  const place = resolve(folder, path);
  try {
    return decodeNpy(Deno.readFileSync(place));
  } catch (error) {
    throw error instanceof Deno.errors.NotFound ? new Error(`there is no file ${place}`) : error;
  }
}

/** Files whose sizes are not the survey's are an error that names the file. */
export function checkFileSizes(
  files: ObservationFiles,
  { survey: { domain, stacked }, folder }: { survey: Survey; folder: string },
): void {
  const arrays = readArrays(files, folder), size = sizeOf(domain);
  const wanted = { observations: sizeOf(stacked.range), truths: size, reference: size };
  for (const key of keysOf(files)) {
    const { shape } = arrays[key]!,
      found = shape.slice(key === "reference" ? 2 : 1).reduce((a, b) => a * b, 1);
    if (found === wanted[key]) continue;
    throw new Error(
      `evaluation.files.${key} ${files[key]} has rows of ${found} numbers, shape [${shape}]: the ` +
        `${key === "observations" ? "data" : "unknown"} of this operator ${
          key === "observations" ? "have" : "has"
        } ${wanted[key]}.`,
    );
  }
}
