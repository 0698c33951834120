import type { TradeoffPoint } from "../contracts/summary.ts";
import type { Detection } from "../learning/detection.ts";
import type { PolicyOutcome } from "../methods/policy.ts";
import type { Calibration } from "../metrics/mod.ts";

/** Metric values of each method, one entry per observation, without those that cannot be computed. */
export type MethodValues = Record<string, Readonly<Record<string, number>>[]>;

/** Why metrics, or p-values of tests, are absent: by method, one entry per observation. */
export type Absences = Record<string, Readonly<Record<string, string>>[]>;

export interface ScenarioOutcome {
  readonly name: string;
  readonly slug: string;
  readonly values: MethodValues;
  readonly absent?: Absences;
  /** One entry per observation: how unlike the training data it is, and which posterior the policy takes. */
  readonly detections?: readonly Detection[];
  readonly decisions?: readonly PolicyOutcome[];
  /** By method. */
  readonly calibration?: Readonly<Record<string, Calibration>>;
  /** p-values of tests of the whole scenario, by the test and by what it tests. */
  readonly pValues?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Means over the observations. */
  readonly tradeoff?: readonly TradeoffPoint[];
  /** Of one correction. */
  readonly cost?: { readonly solves: number; readonly passes: number; readonly seconds: number };
}
