import type { Declaration, Scenario } from "../contracts/spec.ts";
import { type Fault, faultsOf } from "./issues.ts";
import { mergeOverride } from "./merge.ts";
import { type Path, valueAt } from "./path.ts";
import type { Grammar } from "./grammar.ts";
import { PROBLEM_SLOTS, type ProblemSlot } from "./problem_slots.ts";

/** A shift as written: overrides of the nominal problem. */
export interface Shift extends Partial<Readonly<Record<ProblemSlot, unknown>>> {
  readonly name: string;
}

/** A scenario's name as a folder name. */
export function slugOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

/**
 * The nominal scenario and every shift, complete and validated. `evaluation.prior` lies between the nominal prior
 * and a shift's own, so that every scenario is judged on what training has not seen.
 */
export function scenariosOf(
  written: Readonly<Record<string, unknown>>,
  { shifts, slots = PROBLEM_SLOTS, components: schemas }: {
    shifts: readonly Shift[];
    /** The slots to read, where others are known to be at fault. */
    slots?: readonly ProblemSlot[];
    components: Grammar["components"];
  },
): { scenarios: Scenario[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const test = { prior: valueAt(written, ["evaluation", "prior"]) } as Partial<Record<ProblemSlot, unknown>>;
  const component = (slot: ProblemSlot, { override, place }: { override?: unknown; place: Path }) => {
    const input = [test[slot], override].filter((layer) => layer !== undefined)
      .reduce((below, above) => mergeOverride(below, above, { schema: schemas[slot] }), written[slot]);
    const parsed = schemas[slot].safeParse(input);
    if (!parsed.success) {
      for (const fault of faultsOf(parsed.error, { schema: schemas[slot], input })) {
        faults.push({ ...fault, path: [...place, ...fault.path] });
      }
    }
    return parsed.data as Declaration;
  };
  const each = (build: (slot: ProblemSlot) => Declaration) =>
    Object.fromEntries(slots.map((slot) => [slot, build(slot)])) as Record<ProblemSlot, Declaration>;
  const nominal = each((slot) => component(slot, { place: ["evaluation", slot] }));
  if (faults.length > 0) return { scenarios: [], faults };
  const scenarios = shifts.map((shift, i) => ({
    name: shift.name,
    ...each((slot) =>
      shift[slot] === undefined
        ? nominal[slot]
        : component(slot, { override: shift[slot], place: ["shifts", i, slot] })
    ),
  }));
  return { scenarios: [{ name: "nominal", ...nominal }, ...scenarios], faults };
}
