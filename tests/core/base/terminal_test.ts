import { assert, assertEquals, assertMatch } from "@std/assert";
import { openTerminal } from "../../../core/base/terminal.ts";
import { cut, fitted } from "../../../core/base/text_width.ts";
import { terminalProgress } from "../../../core/base/progress.ts";
import { metricFormat } from "../../../core/report/metric_format.ts";
import { sweepView } from "../../../core/sweep/view.ts";
import type { TrialRecord } from "../../../core/sweep/records.ts";
import { inCheckout } from "../cli/checkout.ts";
import { CTRL_C, inTerminal } from "./pty.ts";
import { Screen } from "./screen.ts";

/** A terminal whose window has the given number of columns. */
function onScreen(columns: number) {
  const screen = new Screen(columns);
  const err = {
    rewrites: true,
    write: (text: string) => screen.write(text),
    size: () => ({ columns: screen.columns, rows: 24 }),
  };
  return { screen, terminal: openTerminal({ out: err, err }) };
}

const DETAIL = "loss -0.092, validation -0.056 nats/dim";

for (const columns of [40, 80, 200]) {
  Deno.test(`in ${columns} columns a run's progress is one line, whatever it is resized to in between`, () => {
    const { screen, terminal } = onScreen(columns), progress = terminalProgress({ terminal, quiet: false });
    progress.say("a line that stays");
    for (const [i, width] of [columns, columns, 40, 200, 60, columns, 33].entries()) {
      screen.resize(width);
      progress.update(`第${i}層 train flow`, { done: i + 1, total: 9, unit: "step", detail: DETAIL });
      const seen = screen.seen();
      assertEquals(
        [seen[0], seen.length],
        ["a line that stays", 2],
        seen.join("\n"),
      );
      assertMatch(seen.at(-1)!, new RegExp(`^  第${i}層 train flow  ${i + 1}/9`));
    }
    terminal.say("Stopping.");
    assertMatch(screen.seen().join("\n"), /^a line that stays\nStopping\.\n {2}第6層 train flow {2}7\/9$/);
    progress.say("the end");
    assertEquals(screen.seen(), ["a line that stays", "Stopping.", "the end"]);
  });

  Deno.test(`in ${columns} columns a sweep's table is rewritten, whatever it is resized to in between`, () => {
    const { screen, terminal } = onScreen(columns);
    const sweep = { metric: "corrected.crps", direction: "min", method: "grid" } as any;
    const view = sweepView(sweep, { total: 9, format: metricFormat(), quiet: false, terminal }),
      records: TrialRecord[] = [];
    terminal.say("a line that stays");
    for (const [i, width] of [columns, 40, 200, 60, columns].entries()) {
      screen.resize(width);
      const overrides = [`prior.kind=layered geology of the north ${i}`, "correction.optimizer.rate=0.0125"];
      const metrics = { "corrected.crps": i, "corrected.snr": 3, "amortized.snr": 2 };
      records.push({ id: `trial-${i}`, overrides, state: "finished", metrics });
      view.show(records, records[i]);
      const seen = screen.seen();
      assertEquals([seen[0], seen.length], ["a line that stays", 1 + (i + 2) + 1], seen.join("\n"));
      assertMatch(seen.at(-1)!, new RegExp(`^${i + 1} of 9 done`));
    }
    terminal.print("the table");
    assertEquals(screen.seen(), ["a line that stays", "the table"]);
  });
}

Deno.test("a line without room for all loses its least important parts, and is cut between letters", () => {
  const parts = [{ text: "train", rank: 0 }, { text: "loss 1", rank: 2 }, { text: "9 s left", rank: 1 }];
  const line = (columns: number) => fitted(parts, { columns, separator: "  " });
  assertEquals([23, 22, 14].map(line), ["train  loss 1  9 s left", "train  9 s left", "train"]);
  assertEquals([cut("地層 a", 3), cut("地層 a", 4), cut("e\u0301a", 1), cut("a\nb", 9)], [
    "地",
    "地層",
    "e\u0301",
    "a b",
  ]);
});

// So many epochs that the training outlives the test, and so few that the minutes left have one digit: two do not fit.
const SPEC = `name: wide
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 6, columns: 4 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
flow: { kind: coupling, depth: 2, hidden: 16 }
summary: { kind: identity }
training: { pairs: 256, epochs: 2000, batch: 64 }
correction: { kind: diagonal, passes: 2, encoding: shots }
evaluation: { observations: 1, samples: 64 }
`;
const RUN = [Deno.execPath(), "task", "-q", "run", "spec.yaml", "--engine", "wasm", "--workers", "1"];

Deno.test("a run in a terminal that is resized leaves no line of progress on the screen", () =>
  inCheckout(async (cwd) => {
    const terminal = inTerminal(RUN, { cwd }), screen = new Screen(80);
    let at = 0;
    const resize = async (columns: number) => {
      await terminal.resize(columns);
      screen.write(terminal.seen().slice(at));
      at = terminal.seen().length;
      screen.resize(columns);
    };
    await terminal.until(/validation .* left/);
    await resize(40);
    // deno-lint-ignore no-control-regex
    await terminal.until(/\n[^]*left[^]*\r\x1b\[2K\x1b\[1A\x1b\[2K {2}train flow {2}\d+\/\d+ {2}[^v]* left/);
    await resize(200);
    await terminal.until(/train flow [^\r]{70}/);
    await terminal.type(CTRL_C);
    assertEquals(await terminal.ended(), 130);
    screen.write(terminal.seen().slice(at));
    const left = screen.seen().filter((row) => /train flow|s\/step/.test(row));
    assertEquals(left, [], screen.seen().join("\n"));
  }, { files: { "spec.yaml": SPEC } }));

/** Every line that stayed on the screen is in the run's log, and nothing else. */
async function isLogged(cwd: string, seen: string): Promise<void> {
  const [{ name }] = await Array.fromAsync(Deno.readDir(`${cwd}/results/wide`));
  const log = await Deno.readTextFile(`${cwd}/results/wide/${name}/log.txt`);
  const said = seen.split("\r\n").map((line) => line.split("\r\x1b[2K").at(-1)!);
  const stays = said.filter((line) => line !== "" && !/^terminal|^ .* \d+\/\d+ /.test(line + " "));
  assertEquals(log.trimEnd().split("\n").map((line) => line.replace(/^\S+Z /, "")), stays);
}

for (const [what, env] of [["NO_COLOR", { NO_COLOR: "1" }], ["TERM=dumb", { TERM: "dumb" }]] as const) {
  Deno.test(`${what}: ${what === "NO_COLOR" ? "progress is rewritten, without colors" : "nothing is rewritten"}`, () =>
    inCheckout(async (cwd) => {
      const terminal = inTerminal([...RUN, "--set", "training.epochs=2"], { cwd, env });
      assertEquals(await terminal.ended(), 0, terminal.seen());
      // deno-lint-ignore no-control-regex
      assertEquals(/\x1b\[2K/.test(terminal.seen()), what === "NO_COLOR", terminal.seen());
      // deno-lint-ignore no-control-regex
      assert(!/\x1b\[\d*m/.test(terminal.seen()), terminal.seen());
      assertMatch(terminal.seen(), / {2}train: \d/);
      await isLogged(cwd, terminal.seen());
    }, { files: { "spec.yaml": SPEC } }));
}

Deno.test("a reader that goes away ends nothing and is told nothing", async () => {
  const main = new URL("./said_main.ts", import.meta.url).pathname;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const program = `'${Deno.execPath()}' run -A --no-check --config '${config}' '${main}' says`;
  for (
    const [reader, rest] of [["| head -n 1 >/dev/null", "2>&1"], ["2>&1 >/dev/null | head -n 1", ""], [
      ">&- 2>&-",
      "",
    ]]
  ) {
    const script = `{ ${program}; echo "code $?" >&3; } ${reader} ${rest}`;
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `exec 3>&1; ${script}`],
    }).output();
    const said = new TextDecoder().decode(stdout), err = new TextDecoder().decode(stderr);
    assertMatch(said, /code 0/, reader + err);
    assert(!/ at |Broken/.test(err + said), err + said);
  }
});
