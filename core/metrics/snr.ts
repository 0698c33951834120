import { Uncomputable } from "../base/uncomputable.ts";
import { metric } from "./metric.ts";
import { energies } from "./pointwise.ts";

/** Signal-to-noise ratio of the mean, `-20 log10(|x - xhat| / |x|)` in dB; a silent truth has none. */
export const snr = metric({
  kind: "snr",
  about: "signal-to-noise ratio of the mean",
  default: true,
  gives: { snr: { label: "SNR", unit: "dB", better: "higher", decimals: 2 } },
  evaluate(judgement) {
    const { signal, error } = energies(judgement);
    if (!(signal > 0)) throw new Uncomputable("The truth is 0 everywhere: there is no signal for an SNR");
    if (error === 0) throw new Uncomputable("The estimate equals the truth: its SNR is infinite");
    return { snr: -10 * Math.log10(error / signal) };
  },
});
