import type { CalibrationSummary, MetricValues, ScenarioSummary } from "../contracts/summary.ts";
import { labelOf } from "./looks.ts";
import { isNumber } from "./metric_format.ts";

/** A p-value as text, such as `0.031`. It has enough digits to be distinguished from 0. */
export function pText(p: number | null | undefined): string {
  if (!isNumber(p)) return "-";
  return p < 0.001 ? p.toExponential(0) : p.toFixed(3);
}

/** Lines of text about the tests of a scenario that need no truth or many truths, for a terminal. */
export function trustLines(scenario: ScenarioSummary): string[] {
  return [...shiftLines(scenario), ...calibrationLines(scenario)].map((line) => `  ${line}`);
}

function shiftLines({ detection, decisions }: ScenarioSummary): string[] {
  if (!detection) return [];
  const parts = ["summary", "residual", "latent", "together"] as const;
  const pValues = parts.flatMap((name) =>
    isNumber(detection[name]) ? [`${name} ${pText(detection[name])}`] : []
  );
  return [
    `like the training data: p = ${pText(detection.joint)} (${pValues.join(", ")})`,
    ...(decisions ? [`policy: ${decisionCounts(decisions)}`] : []),
  ];
}

const DONE: Readonly<Record<string, string>> = { trust: "trusted", correct: "corrected", refine: "refined" };

/** `3 trusted, 1 corrected; 1 warning`. */
export function decisionCounts(decisions: NonNullable<ScenarioSummary["decisions"]>): string {
  const counted = Object.entries(DONE).flatMap(([action, done]) => {
    const count = decisions.filter((d) => d.action === action).length;
    return count > 0 ? [`${count} ${done}`] : [];
  });
  const warnings = decisions.filter((d) => d.warning).length;
  const tail = warnings > 0 ? `; ${warnings} with a warning` : "";
  return counted.join(", ") + tail;
}

function calibrationLines({ calibration = {}, methods }: ScenarioSummary): string[] {
  return Object.entries(calibration).map(([method, tests]) => {
    const parts = calibrationParts(tests).map(([name, p]) => `${name} ${pText(p)}`).join(", ");
    return `calibration of the ${labelOf(methods, method)} posterior: p = ${pText(tests.pValue)} (${parts})`;
  });
}

/** The least p-value of each test, each as it is before Bonferroni's correction. */
export function calibrationParts(
  { sbc, coverage, tarp, groups }: CalibrationSummary,
): [string, number | null][] {
  const least = (values: MetricValues) => Math.min(...Object.values(values).filter(isNumber));
  return [
    ["least SBC", least(sbc)],
    ["least coverage", least(coverage)],
    ["TARP", tarp],
    ...isNumber(groups.all) ? [["by depth", groups.all] as [string, number]] : [],
  ];
}
