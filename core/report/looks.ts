import type { MethodLook } from "../contracts/method.ts";
import type { ScenarioSummary } from "../contracts/summary.ts";
import type { StoredArray } from "./run_folder.ts";

/** How the methods of a scenario are shown, in their order; absent of a run that has no summary yet. */
export type Looks = ScenarioSummary["methods"];

/** The learned posteriors, which every report compares. */
export const LEARNED = ["amortized", "corrected"] as const;

export function isLearned(method: string): boolean {
  return LEARNED.some((name) => name === method);
}

/** Colour of the truth in every chart. */
export const TRUTH_COLOR = "#111111";

/** How a method is shown: by its own name and in grey if the run does not say more. */
export function lookOf(looks: Looks, method: string): MethodLook {
  return looks?.[method] ?? { label: method, color: "#999999", samples: false };
}

/** A method's name in words. */
export function labelOf(looks: Looks, method: string): string {
  return lookOf(looks, method).label;
}

/** The methods that have an array of a kind, such as `mean`, in the order of the scenario. */
export function methodsWith(
  kind: string,
  { arrays, looks }: { arrays: ReadonlyMap<string, StoredArray>; looks: Looks },
): string[] {
  const end = `-${kind}`, names = [...arrays.keys()].filter((name) => name.endsWith(end));
  const methods = names.map((name) => name.slice(0, -end.length)).filter((name) => !name.includes("-"));
  const order = Object.keys(looks ?? {});
  return methods.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
}

/** Colours of methods and of the truth by name, in the order of a legend. */
export function colorsOf(names: readonly string[], looks: Looks) {
  const color = (name: string) => name === "truth" ? TRUTH_COLOR : lookOf(looks, name).color;
  return { domain: [...names], range: names.map(color) };
}
