import type { Terminal } from "./terminal.ts";

/** The signals that ask a command to stop, with the exit code that each leads to. */
const STOP_CODES = { SIGINT: 130, SIGTERM: 143, SIGUSR2: 75 } as const;

type StopSignal = keyof typeof STOP_CODES;

export const STOP_SIGNALS = Object.keys(STOP_CODES) as StopSignal[];

/**
 * Time after the first signal [ms] in which a further signal counts as the same request. Ctrl-C reaches every process
 * of a terminal, and the task runner passes its own signal on. `timeout` and Slurm signal whole groups.
 */
const REPEATED_MS = 1000;

/** Runs work that a signal asks to stop; a second signal, past the repetitions of the first, ends the process at once. */
export async function stoppable(
  work: (signal: AbortSignal) => Promise<number>,
  { terminal }: { terminal: Terminal },
): Promise<number> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = STOP_SIGNALS.map((name) => ({
    name,
    listener() {
      if (controller.signal.aborted) return;
      timer = setTimeout(forget, REPEATED_MS);
      terminal.say(stoppingText(name));
      controller.abort(STOP_CODES[name]);
    },
  }));
  // Without a listener the system ends the process, even where a long computation keeps this thread.
  const forget = () => listeners.forEach(({ name, listener }) => Deno.removeSignalListener(name, listener));
  listeners.forEach(({ name, listener }) => Deno.addSignalListener(name, listener));
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    terminal.clear();
    terminal.say(stoppedText(controller.signal));
    return controller.signal.reason;
  } finally {
    clearTimeout(timer);
    forget();
  }
}

function stoppingText(name: StopSignal): string {
  const again = name === "SIGINT" ? "press Ctrl-C again" : "send another signal";
  return `Stopping after the step at work, to keep what is done: ${again} to end at once.`;
}

/** Shows a stop on the screen and in the log of a run. */
export function stoppedText({ reason }: AbortSignal): string {
  return `Stopped by a signal (exit code ${reason}).`;
}
