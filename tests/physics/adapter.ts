import { requestAdapter } from "../../core/engine/mod.ts";

/** Whether WebGPU can be tested: continuous integration must have an adapter, elsewhere tests without one are ignored. */
export async function adapterIsThere(): Promise<boolean> {
  return Deno.env.has("CI") || await requestAdapter() !== undefined;
}
