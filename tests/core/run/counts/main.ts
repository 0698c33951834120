/** Runs specs that come as JSON on stdin, one after another in one process, and says a line of JSON about each. */
import { main } from "../../../../core/cli/main.ts";
import { commandsFor } from "../../../../core/cli/commands.ts";
import type { Terminal } from "../../../../core/base/terminal.ts";
import { registry } from "../../../../mod.ts";
import type { CountSpec } from "./specs.ts";

/** What became of a spec. */
export interface Outcome {
  readonly i: number;
  readonly code: number;
  readonly err: string;
  readonly seconds: number;
  /** Paths of summary.json that hold no number. */
  readonly nulls: readonly string[];
  readonly written: boolean;
}

let lines: string[] = [];
/** Keeps what is said, and prints nothing. */
const terminal: Terminal = {
  rewrites: false,
  print() {},
  say: (text) => void lines.push(text),
  show() {},
  clear() {},
};
const host = {
  registry,
  terminal,
  commands: commandsFor({
    registry,
    sources: {
      root: new URL("../../../../", import.meta.url),
      plugins: {
        problem: ["physics/plugins.ts"],
        flow: ["flows/networks/", "flows/optimizers/"],
        correction: ["flows/corrections/", "flows/optimizers/"],
        metric: ["core/metrics/plugins.ts"],
      },
    },
    gradientWorker: new URL("../../../../flows/gradient_worker.ts", import.meta.url),
  }, { terminal }),
};

function nullsIn(value: unknown, path: string): string[] {
  if (value === null) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value!).flatMap(([key, part]) => nullsIn(part, `${path}.${key}`));
}

const specs = JSON.parse(await new Response(Deno.stdin.readable).text()) as { i: number; spec: CountSpec }[];
const say = (outcome: object) =>
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(outcome) + "\n"));
for (const { i, spec } of specs) {
  say({ i, started: true });
  lines = [];
  const out = `results/${i}`, from = performance.now();
  await Deno.writeTextFile("spec.yaml", spec.text);
  const code = await main(["check", "spec.yaml", "--workers", "1", "--memory", "1 GB"], host) ||
    await main([
      "run",
      "spec.yaml",
      "--engine",
      "wasm",
      "--workers",
      "1",
      "--memory",
      "1 GB",
      "--out",
      out,
      "--quiet",
    ], host);
  const seconds = (performance.now() - from) / 1000;
  const summary = await Deno.readTextFile(`${out}/summary.json`).catch(() => undefined);
  const written = await Deno.stat(out).then(() => true, () => false);
  const nulls = summary === undefined ? [] : nullsIn(JSON.parse(summary), "");
  say({ i, code, err: lines.join("\n"), seconds, nulls, written });
  await Deno.remove(out, { recursive: true }).catch(() => {});
}
Deno.exit(0);
