import { CLOSED, type Pool } from "../pool.ts";
import type { Setting } from "../setting.ts";
import { DeviceSolver, type SolverOptions } from "./solver.ts";

/** Bytes of what is solved at once, unless said otherwise. */
const LANE_BYTES = 2 ** 30;

/**
 * The f32 kernels on a WebGPU device, as a pool of one that solves all shots and inputs of a batch at once. It owns the
 * device: `close` frees all that is on it, and rejects what is being solved.
 */
export function webgpuPool(
  setting: Setting,
  { laneBytes = LANE_BYTES, ...options }: Omit<SolverOptions, "laneBytes"> & { laneBytes?: number },
): Pool {
  const solver = new DeviceSolver(setting, { ...options, laneBytes }), load = [0];
  let last: Promise<unknown> = Promise.resolve(), closed = false;
  return {
    load,
    async run(_, batch) {
      load[0] += batch.shots.length;
      const solution = last.then(() => {
        if (closed) throw new Error(CLOSED);
        return solver.solve(batch);
      });
      last = solution.catch(() => {}); // the next batch is solved all the same
      try {
        return await solution;
      } finally {
        load[0] -= batch.shots.length;
      }
    },
    close() {
      closed = true;
      options.device.close();
    },
  };
}
