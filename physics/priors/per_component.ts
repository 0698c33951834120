import type { Space } from "../../core/contracts/vector.ts";
import { sizeOf } from "../../core/linalg/mod.ts";

/** A prior's option that is one number for all components, or one each, as one each. */
export function perComponent(
  value: number | readonly number[],
  { domain, option }: { domain: Space; option: string },
): Float64Array {
  const n = sizeOf(domain);
  if (typeof value === "number") return new Float64Array(n).fill(value);
  if (value.length === n) return Float64Array.from(value);
  throw new Error(`prior.${option} has ${value.length} numbers: the unknown has ${n}`);
}
