import type { OperatorShapes, Remark } from "../../core/contracts/plugin.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { sizeOf } from "../../core/base/shape.ts";

type PerComponent = number | readonly number[];

/** A prior's option that is one number for all components, or one each, as one each. */
export function perComponent(
  value: PerComponent,
  { domain, option }: { domain: Space; option: string },
): Float64Array {
  const fault = lengthFault(value, domain);
  if (fault) throw new Error(`prior.${option} ${fault}`);
  return typeof value === "number" ? new Float64Array(sizeOf(domain)).fill(value) : Float64Array.from(value);
}

/** Remarks on options that have neither one number nor one for each component of the unknown. */
export function lengthRemarks(
  options: readonly (readonly [path: Remark["path"], value: PerComponent])[],
  operator?: OperatorShapes,
): Remark[] {
  return options.flatMap(([path, value]) => {
    const message = operator && lengthFault(value, operator.domain);
    return message ? [{ path, message }] : [];
  });
}

function lengthFault(value: PerComponent, domain: Space): string | undefined {
  const n = sizeOf(domain);
  if (typeof value === "number" || value.length === n) return;
  return `has ${value.length === 1 ? "1 number" : `${value.length} numbers`}: the unknown has ${n}`;
}

/** Refuses an operator that mutes cells: a density over all of them tells nothing of the others. */
export function mutedRemarks(kind: string, operator?: OperatorShapes): Remark[] {
  return operator?.muted ? [{ path: ["kind"], message: `is ${kind}, ${mutedFault}` }] : [];
}

const mutedFault = "which needs every cell free, but the operator mutes some: set operator.mute.rows to 0";

/** The same of a built operator. */
export function checkFree(kind: string, mask: Float32Array): void {
  if (mask.some((free) => free === 0)) throw new Error(`prior.kind is ${kind}, ${mutedFault}`);
}
