/// <reference lib="deno.worker" />
/** Worker script of `pool.ts`: owns kernels and their cached backgrounds, answers one message after another. */
import type { Setting } from "./setting.ts";
import { type Batch, ShotSolver, type Solution } from "./shots.ts";
import { SpillFile } from "./spill.ts";
import { type Snapshots, WasmKernels } from "./wasm/kernels.ts";

/** What the kernels are made of. */
interface Start {
  readonly setting: Setting;
  readonly code: Uint8Array<ArrayBuffer>;
  readonly snapshots: Snapshots;
  /** Folder of the file that backgrounds go to; absent: they stay in memory. */
  readonly scratch?: string;
}

/** `start` comes first and once. */
export type Request = { readonly id: number } & ({ readonly start: Start } | { readonly batch: Batch });
export interface Reply {
  readonly id: number;
  readonly solution?: Solution;
  readonly error?: string;
}

let solver: ShotSolver;

function answer(request: Request): Solution | undefined {
  if ("batch" in request) return solver.solve(request.batch);
  const { setting, scratch, ...options } = request.start;
  const spill = scratch === undefined ? undefined : new SpillFile(scratch);
  solver = new ShotSolver(new WasmKernels(setting, { ...options, spill }), setting);
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  try {
    const solution = answer(data), reply: Reply = { id: data.id, solution };
    self.postMessage(reply, solution ? [solution.output.buffer as ArrayBuffer] : []);
  } catch (error) {
    const names = "batch" in data ? data.batch.shots.map((shot) => shot.name).join(", ") : "starting";
    const message = error instanceof Error ? error.message : String(error);
    self.postMessage({ id: data.id, error: `${message} (in a wave propagation worker, ${names})` });
  }
};
