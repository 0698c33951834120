import type { KernelSource } from "../../../core/engine/mod.ts";
import type { Setting } from "../setting.ts";
import { injectSource, pulseSource, recordSource } from "./points_source.ts";
import { differenceSource, type Format, keepSource } from "./snapshot_source.ts";
import { correlateSource, rememberSource, scatterSource, stepSource } from "./stencil_source.ts";

/** The kernels of a setting, in WGSL. */
export function kernelSources(setting: Setting, format: Format) {
  return {
    step: stepSource(setting),
    remember: rememberSource(setting),
    scatter: scatterSource(setting, format),
    correlate: correlateSource(setting, format),
    difference: differenceSource(setting),
    keep: keepSource(setting, format),
    pulse: pulseSource(setting),
    record: recordSource(setting),
    inject: injectSource(setting),
  } satisfies Record<string, KernelSource>;
}

export type KernelName = keyof ReturnType<typeof kernelSources>;
