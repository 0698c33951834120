import type { Dispatch } from "../../../core/engine/mod.ts";
import type { Setting } from "../setting.ts";
import type { KernelName } from "./kernel_source.ts";

/**
 * The launch of a kernel at sample n. u and p change places from one sample to the next: kernels of even samples see
 * one of the fields as u, those of odd samples the other.
 */
export type Launch = (kernel: KernelName, n: number) => Dispatch;

type Steps = Pick<Setting, "every" | "wavelet">;

/** `solveBackground` of solve.ts. */
export function* backgroundLoop(launch: Launch, { every, wavelet }: Steps): Generator<Dispatch> {
  for (let n = 0; n < wavelet.length; n++) {
    const keeps = n % every === 0;
    yield launch(keeps ? "remember" : "step", n);
    yield launch("pulse", n);
    if (!keeps) continue;
    yield launch("difference", n);
    yield launch("keep", n);
  }
}

/** `model` of solve.ts; a step leaves u as it was, so that it may be recorded afterwards. */
export function* modelLoop(launch: Launch, { wavelet }: Steps): Generator<Dispatch> {
  for (let n = 0; n < wavelet.length; n++) {
    yield launch("step", n);
    yield launch("record", n);
    yield launch("pulse", n);
  }
}

/** `demigrate` of solve.ts. */
export function* demigrateLoop(launch: Launch, { every, wavelet }: Steps): Generator<Dispatch> {
  for (let n = 0; n < wavelet.length; n++) {
    yield launch(n % every === 0 ? "scatter" : "step", n);
    yield launch("record", n);
  }
}

/** `migrate` of solve.ts. */
export function* migrateLoop(launch: Launch, { every, wavelet }: Steps): Generator<Dispatch> {
  for (let n = wavelet.length - 1; n >= 0; n--) {
    yield launch(n % every === 0 ? "correlate" : "step", n);
    yield launch("inject", n);
  }
}
