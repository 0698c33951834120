import { Uncomputable } from "../base/uncomputable.ts";
import { type Judgement, unmasked } from "./metric.ts";

/** Squared norms of the truth and of the mean's error over the cells that count, and their number. */
function energies({ truth, mean, mask }: Judgement): { signal: number; error: number; cells: number } {
  const cells = unmasked(mask);
  let signal = 0, error = 0;
  for (const i of cells) {
    signal += truth[i] ** 2;
    error += (mean[i] - truth[i]) ** 2;
  }
  return { signal, error, cells: cells.length };
}

/** Signal-to-noise ratio of the mean, `-20 log10(|x - xhat| / |x|)` in dB; of a silent truth there is none. */
export function snr(judgement: Judgement): { snr: number } {
  const { signal, error } = energies(judgement);
  if (!(signal > 0)) throw new Uncomputable("The truth is 0 everywhere: there is no signal for an SNR");
  if (error === 0) throw new Uncomputable("The estimate equals the truth: its SNR is infinite");
  return { snr: -10 * Math.log10(error / signal) };
}

/** Root mean square error of the mean, in the unknown's unit. */
export function rmse(judgement: Judgement): { rmse: number } {
  const { error, cells } = energies(judgement);
  return { rmse: Math.sqrt(error / cells) };
}

/** `|J x - d| / (sigma sqrt n)` as given: 1 where the residual is as large as the noise. */
export function dataResidual({ dataResidual }: Judgement): Record<string, number> {
  return dataResidual === undefined ? {} : { dataResidual };
}
