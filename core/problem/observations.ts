import type { Survey } from "../contracts/operator.ts";
import type { ObservationFiles } from "../contracts/spec.ts";
import { type Observation, type Problem, simulateObservation } from "../inference/simulate.ts";
import { sizeOf } from "../base/shape.ts";
import type { NpyArray } from "../data/npy.ts";
import type { Key } from "../base/random.ts";
import { readArrays, rowSizes, sizeFaults } from "../spec/observation_files.ts";

/** An observation. If a file has samples of its true posterior, they are included, flat [m, size]. */
export interface GivenObservation extends Observation {
  readonly reference?: Float32Array;
}

/** Observation `i` of one scenario. It is read from files if the spec names them, and simulated otherwise. */
export async function observationOf(
  problem: Problem,
  { i, key, unknowns, files, folder }: {
    i: number;
    key: Key;
    /** The truths of all simulated observations, if they are already drawn. */
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

/** Files whose sizes are not the survey's are an error that names the file. */
export function checkFileSizes(
  files: ObservationFiles,
  { survey: { domain, stacked }, folder }: { survey: Survey; folder: string },
): void {
  const sizes = rowSizes({ data: sizeOf(stacked.range), unknown: sizeOf(domain) });
  const [fault] = sizeFaults(readArrays(files, folder), { files, sizes });
  if (fault) throw new Error(`evaluation.files.${fault.key}: ${fault.message}.`);
}
