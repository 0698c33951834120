import type { Judgement } from "../contracts/metric.ts";
import { unmasked } from "./metric.ts";

/** Squared norms of the truth and of the mean's error over the cells that count, and their number. */
export function energies({ truth, mean, mask }: Judgement): { signal: number; error: number; cells: number } {
  const cells = unmasked(mask);
  let signal = 0, error = 0;
  for (const i of cells) {
    signal += truth[i] ** 2;
    error += (mean[i] - truth[i]) ** 2;
  }
  return { signal, error, cells: cells.length };
}
