import type { GateOutcome, MetricValues } from "../contracts/summary.ts";
import type { MethodRow } from "./summary.ts";

interface MetricStyle {
  readonly label: string;
  /** Decimals; absent for quantities in the unknown's unit, shown with three significant digits. */
  readonly decimals?: number;
  /** Distance from the ideal: the smaller the better; absent where neither more nor less is better. */
  readonly badness?: (value: number) => number;
}

const more = (v: number) => -v, less = (v: number) => v;
const near = (target: number) => (v: number) => Math.abs(v - target);

const STYLES: Readonly<Record<string, MetricStyle>> = {
  snr: { label: "SNR [dB]", decimals: 2, badness: more },
  rmse: { label: "RMSE", badness: less },
  ssim: { label: "SSIM", decimals: 3, badness: more },
  coverage50: { label: "50 % coverage", decimals: 3, badness: near(0.5) },
  coverage90: { label: "90 % coverage", decimals: 3, badness: near(0.9) },
  coverage95: { label: "95 % coverage", decimals: 3, badness: near(0.95) },
  coverageByDepthShallow: { label: "90 % coverage, top third", decimals: 3, badness: near(0.9) },
  coverageByDepthMiddle: { label: "90 % coverage, middle", decimals: 3, badness: near(0.9) },
  coverageByDepthDeep: { label: "90 % coverage, bottom", decimals: 3, badness: near(0.9) },
  coverageByIlluminationDim: { label: "90 % coverage, dim", decimals: 3, badness: near(0.9) },
  coverageByIlluminationMedium: { label: "90 % coverage, lit", decimals: 3, badness: near(0.9) },
  coverageByIlluminationBright: { label: "90 % coverage, bright", decimals: 3, badness: near(0.9) },
  crps: { label: "CRPS", badness: less },
  energyScore: { label: "energy score", badness: less },
  calibrationError: { label: "calibration error", decimals: 3, badness: less },
  contraction: { label: "contraction", decimals: 3 },
  predictive: { label: "predictive p-value", decimals: 3 },
  dataResidual: { label: "data residual", decimals: 3, badness: near(1) },
  meanError: { label: "mean error [std]", decimals: 3, badness: less },
  stdRatio: { label: "std to exact", decimals: 3, badness: near(1) },
  covarianceError: { label: "covariance error", decimals: 3, badness: less },
  kl: { label: "KL to exact [nats]", decimals: 3, badness: less },
  c2st: { label: "C2ST to reference", decimals: 3, badness: near(0.5) },
  rHat: { label: "split R-hat", decimals: 3, badness: less },
  ess: { label: "effective samples", decimals: 0, badness: more },
};

/** A metric's name and unit in words. */
export function metricLabel(metric: string): string {
  return STYLES[metric]?.label ?? metric;
}

/** Every metric that some method has, in the usual order, unknown ones last. */
export function metricNames(rows: readonly { readonly values: MetricValues }[]): string[] {
  const present = new Set(rows.flatMap((row) => Object.keys(row.values)));
  const known = Object.keys(STYLES).filter((name) => present.has(name));
  return [...known, ...[...present].filter((name) => !(name in STYLES))];
}

/** `10.42 ± 0.31`; `-` where there is no value, no error where there is none. */
export function withError(
  metric: string,
  { value, error }: { value?: number | null; error?: number | null },
) {
  if (!isNumber(value)) return "-";
  return isNumber(error)
    ? `${fixed(metric, value)} ± ${fixed(metric, error, { digits: 2 })}`
    : fixed(metric, value);
}

/** A difference of a metric with its sign. */
export function signed(metric: string, value: number): string {
  return (value < 0 ? "" : "+") + fixed(metric, value);
}

function fixed(metric: string, value: number, { digits } = { digits: 3 }): string {
  const decimals = STYLES[metric]?.decimals;
  return decimals === undefined ? value.toPrecision(digits) : value.toFixed(decimals);
}

/** A gate's value with its standard error, and its distance from the limit; empty where there is none. */
export function gateNumbers({ value, standardError, z }: GateOutcome): { value: string; z: string } {
  if (!isNumber(value)) return { value: "-", z: "" };
  const error = isNumber(standardError) ? ` ± ${standardError.toFixed(3)}` : "";
  return { value: value.toFixed(3) + error, z: isNumber(z) ? z.toFixed(1) : "" };
}

/** The methods that do best in a metric as it is shown, none where fewer than two have it. */
export function bestMethods(metric: string, rows: readonly MethodRow[]): readonly string[] {
  const badness = STYLES[metric]?.badness;
  const rated = rows.filter((row) => isNumber(row.values[metric]) && row.method !== "reference");
  if (!badness || rated.length < 2) return [];
  const shown = (row: MethodRow) => badness(Number(fixed(metric, row.values[metric]!)));
  const least = Math.min(...rated.map(shown));
  return rated.filter((row) => shown(row) === least).map((row) => row.method);
}

/** Whether a value read from JSON is a finite number: NaN and infinities are stored as null. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** By how much a value is nearer to its ideal than another; undefined where neither more nor less is better. */
export function improvement(metric: string, { from, to }: { from: number; to: number }): number | undefined {
  const badness = STYLES[metric]?.badness;
  return badness && badness(from) - badness(to);
}
