import type { TradeoffPoint } from "../contracts/summary.ts";
import type { Detection } from "../learning/detection.ts";
import type { PolicyOutcome } from "../methods/policy.ts";
import type { Calibration } from "../metrics/mod.ts";

/** Metric values of each method, one entry per observation. Metrics that cannot be computed are left out. */
export type MethodValues = Record<string, Readonly<Record<string, number>>[]>;

/** The reasons of absent metrics, or of absent p-values of tests: by method, one entry per observation. */
export type Absences = Record<string, Readonly<Record<string, string>>[]>;

export interface ScenarioOutcome {
  readonly name: string;
  readonly slug: string;
  readonly values: MethodValues;
  readonly absent?: Absences;
  /** One entry per observation: how much it differs from the training data, and which posterior the policy takes. */
  readonly detections?: readonly Detection[];
  readonly decisions?: readonly PolicyOutcome[];
  /** By method. */
  readonly calibration?: Readonly<Record<string, Calibration>>;
  /** p-values for the whole scenario, by test and by tested quantity. */
  readonly pValues?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Means over the observations. */
  readonly tradeoff?: readonly TradeoffPoint[];
  /** The mean cost of one correction. */
  readonly cost?: { readonly solves: number; readonly passes: number; readonly seconds: number };
}
