import type { Slot } from "../contracts/plugin.ts";
import type { Declaration, Spec } from "../contracts/spec.ts";
import { canonicalJson } from "../base/files.ts";
import { learns } from "./learning.ts";
import type { Path } from "./path.ts";
import { PROBLEM_SLOTS } from "./problem_slots.ts";

/** A component, its path in the spec, and the number of its scenario; 0 is the nominal one. */
export interface Component {
  readonly slot: Slot;
  readonly declaration: Declaration;
  readonly place: Path;
  readonly scenario: number;
}

/**
 * All components of a spec. A component of an evaluation or a shift is included if it differs from the one that it
 * overrides, or if its operator does.
 */
export function componentsOf(spec: Spec): Component[] {
  const { correction, scenarios: [nominal, ...shifts] } = spec;
  const part = (slot: Slot, declaration: Declaration, place: Path = [slot]): Component => ({
    slot,
    declaration,
    place,
    scenario: 0,
  });
  const parts = [
    ...PROBLEM_SLOTS.map((slot) => part(slot, spec[slot])),
    part("summary", spec.summary),
    part("correction", correction),
    part("optimizer", correction.optimizer, ["correction", "optimizer"]),
  ];
  if (learns(spec)) {
    parts.push(
      part("flow", spec.flow),
      part("optimizer", spec.training.optimizer, ["training", "optimizer"]),
    );
  }
  const same = (a: Declaration, b: Declaration) => canonicalJson(a) === canonicalJson(b);
  if (!same(nominal.prior, spec.prior)) parts.push(part("prior", nominal.prior, ["evaluation", "prior"]));
  for (const [i, shift] of shifts.entries()) {
    for (const slot of PROBLEM_SLOTS) {
      if (same(shift[slot], nominal[slot]) && same(shift.operator, nominal.operator)) continue;
      parts.push({ ...part(slot, shift[slot], ["shifts", i, slot]), scenario: i + 1 });
    }
  }
  return parts;
}
