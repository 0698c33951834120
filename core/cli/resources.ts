import { statfsSync } from "node:fs";
import type { Resources } from "../contracts/cost.ts";

/** Part of the free memory that background wavefields may take, and of the free disk. */
const MEMORY_SHARE = 0.6, DISK_SHARE = 0.5;

/** Wavefields that do not fit the memory go here, in files that vanish with their process. */
const SCRATCH_FOLDER = "results/.scratch";

/** What the machine has for a run: one worker per core and a share of the free memory unless they are given. */
export function machineResources(given: { workers?: number; memory?: number } = {}): Resources {
  const { workers = navigator.hardwareConcurrency } = given;
  const { memory = Math.floor(MEMORY_SHARE * Deno.systemMemoryInfo().available) } = given;
  const { bavail, bsize } = statfsSync(".");
  return {
    workers,
    memory,
    scratch: { folder: SCRATCH_FOLDER, bytes: Math.floor(DISK_SHARE * bavail * bsize) },
  };
}
