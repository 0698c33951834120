import type { Resources, WavefieldPlan } from "../../core/contracts/cost.ts";
import { ADDRESSABLE } from "./wasm/kernels.ts";

/** Bytes of a worker's memory that are left for its own fields and traces. */
const OWN_BYTES = 512 * 2 ** 20;

/** Backgrounds of single and of simultaneous sources: as many again as there are sources. */
const KINDS = 2;

/** Whether backgrounds of `bytes` each are kept in memory, in a file, or solved again; `slots` of each worker. */
export function residenceOf(
  { sources, bytes }: { sources: number; bytes: number },
  { workers, memory, scratch }: Resources,
): WavefieldPlan & { slots: number } {
  const perWorker = Math.floor(Math.min(memory / workers, ADDRESSABLE - OWN_BYTES) / bytes);
  if (perWorker * workers >= sources) return { where: "memory", bytes: sources * bytes, slots: perWorker };
  const filed = KINDS * sources * bytes;
  if (scratch && filed <= scratch.bytes) {
    return { where: "file", bytes: filed, slots: Math.ceil(KINDS * sources / workers) };
  }
  const slots = Math.max(1, perWorker);
  return { where: "recompute", bytes: slots * workers * bytes, slots };
}
