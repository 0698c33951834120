import { assert } from "@std/assert";

export interface PtyOptions {
  readonly cwd: string;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command in a terminal, and the person who sits there. */
export interface Pty {
  /** All that the terminal was sent so far. */
  seen(): string;
  /** Waits until the terminal shows something. */
  until(what: RegExp): Promise<void>;
  type(keys: string): Promise<void>;
  resize(columns: number): Promise<void>;
  /** The exit code. */
  ended(): Promise<number>;
}

export const CTRL_C = "\x03";

/** Longest wait for what must come. */
const PATIENCE_MS = 120_000;

/** Runs a command in a pseudo-terminal made by `script` of util-linux, which every Debian has. */
export function inTerminal(command: readonly string[], { cwd, columns = 80, env = {} }: PtyOptions): Pty {
  const words = command.map((word) => `'${word}'`).join(" ");
  const line = `stty cols ${columns} rows 24; echo "terminal $(tty)."; exec ${words}`;
  const child = new Deno.Command("script", {
    args: ["-qefc", line, "/dev/null"],
    cwd,
    env: { TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let seen = "";
  const decoder = new TextDecoder(),
    reading = (async () => {
      for await (const bytes of child.stdout) seen += decoder.decode(bytes, { stream: true });
    })();
  const keys = child.stdin.getWriter();
  return {
    seen: () => seen,
    async until(what) {
      for (const since = performance.now(); !what.test(seen);) {
        if (performance.now() - since > PATIENCE_MS) {
          child.kill("SIGKILL"); // the terminal goes, and with it what runs in it
          throw new Error(`the terminal never showed ${what}: ${seen}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    type: (text) => keys.write(new TextEncoder().encode(text)),
    async resize(columns) {
      const [, device] = /terminal (\S+)\./.exec(seen)!;
      const args = ["-F", device, "cols", `${columns}`];
      assert((await new Deno.Command("stty", { args }).output()).success, `${device} cannot be resized`);
    },
    async ended() {
      const { code } = await child.status;
      await reading;
      await keys.close().catch(() => {});
      return code;
    },
  };
}
