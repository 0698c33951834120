import { requestAdapter } from "../core/engine/mod.ts";

/**
 * Whether what a test needs is on this machine. A test whose part is missing is skipped, and the reason printed; where
 * DRIFTLESS_FULL is set, as `.ci/run` does, the missing part is an error.
 */
export function available(there: boolean, needed: string): boolean {
  if (there) return true;
  if (Deno.env.get("DRIFTLESS_FULL")) {
    throw new Error(`DRIFTLESS_FULL is set, and this machine lacks ${needed}`);
  }
  console.log(`This machine lacks ${needed}: the tests that need it are skipped`);
  return false;
}

/** Whether WebGPU can be tested. */
export async function adapterAvailable(): Promise<boolean> {
  return available(await requestAdapter() !== undefined, "a WebGPU adapter");
}
