import type { RunSummary, ScenarioSummary } from "../contracts/summary.ts";
import { isNumber } from "./metric_format.ts";
import { gainOf, methodRows } from "./summary.ts";

/** Gain of the correction in the SNR of the mean, in dB, with its standard error where it is known. */
interface Gain {
  readonly name: string;
  readonly gain: number;
  readonly error?: number;
}

/** Gains below this many standard errors are not called gains. */
const SIGNIFICANT = 2;

/**
 * Sentences that say whether the correction improves the result: in which scenarios, by how much, and with which
 * coverage.
 */
export function verdict(summary: RunSummary): string {
  const gains = summary.scenarios.flatMap(snrGain);
  const imaged = summary.scenarios.filter(({ amortized, migration }) => !amortized && migration);
  if (gains.length === 0 && imaged.length > 0) return imaging(imaged);
  if (gains.length === 0 && summary.scenarios.some(({ amortized, corrected }) => amortized && !corrected)) {
    return "No posterior was corrected.";
  }
  if (gains.length === 0) {
    return "The correction cannot be judged: no scenario has the SNR of both posteriors.";
  }
  const clear = ({ gain, error }: Gain) => Math.abs(gain) > SIGNIFICANT * (error ?? 0);
  const better = gains.filter((g) => clear(g) && g.gain > 0),
    worse = gains.filter((g) => clear(g) && g.gain < 0);
  const open = gains.filter((g) => !clear(g));
  const parts = [
    `The correction improves the SNR of the mean in ${better.length} of ${counted(gains.length)}${
      listed(better)
    }`,
    ...(worse.length ? [`lowers it in ${worse.length}${listed(worse)}`] : []),
    ...(open.length ? [`makes no clear difference in ${open.length}${listed(open)}`] : []),
  ];
  return `${parts.join("; it ")}.${coverageSentence(summary.scenarios)}`;
}

/** Without a flow: the SNR of each imaging method, averaged over the scenarios. */
function imaging(scenarios: readonly ScenarioSummary[]): string {
  const values = new Map<string, number[]>();
  for (const { label, values: { snr } } of scenarios.flatMap(methodRows)) {
    if (isNumber(snr)) values.set(label, [...values.get(label) ?? [], snr]);
  }
  const means = [...values].map(([label, all]) =>
    `${label} ${(all.reduce((a, b) => a + b, 0) / all.length).toFixed(1)} dB`
  );
  return means.length > 0 ? `SNR of the images: ${means.join(", ")}.` : "No image was judged by its SNR.";
}

function snrGain(scenario: ScenarioSummary): Gain[] {
  const gain = gainOf(scenario, "snr"), error = scenario.errors?.gain?.snr;
  return gain === null ? [] : [{ name: scenario.name, gain, error: isNumber(error) ? error : undefined }];
}

function counted(n: number): string {
  return `${n} scenario${n === 1 ? "" : "s"}`;
}

function listed(gains: readonly Gain[]): string {
  const items = gains.map(({ name, gain, error }) => {
    const spread = error === undefined ? "" : ` ± ${error.toFixed(1)}`;
    return `${name} ${gain < 0 ? "" : "+"}${gain.toFixed(1)}${spread} dB`;
  });
  return items.length ? ` (${items.join(", ")})` : "";
}

function coverageSentence(scenarios: readonly ScenarioSummary[]): string {
  const judged = scenarios.filter((s) =>
    isNumber(s.amortized?.coverage90) && isNumber(s.corrected?.coverage90)
  );
  if (judged.length === 0) return "";
  const average = (of: (s: ScenarioSummary) => number) =>
    judged.reduce((sum, s) => sum + of(s), 0) / judged.length;
  const from = average((s) => s.amortized!.coverage90!), to = average((s) => s.corrected!.coverage90!);
  const percent = (v: number) => `${(100 * v).toFixed(0)} %`;
  return ` Its 90 % intervals hold the truth in ${percent(to)} of cells, the amortized ones in ${
    percent(from)
  }.`;
}
