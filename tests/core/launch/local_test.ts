import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { start } from "../run/program.ts";
import { events, inFolder, program, summaries, sweepArgs, TOY } from "./toy.ts";

const SWEEP = "sweep: { correction.passes: [1, 2], correction.optimizer.rate: [0.1, 0.2] }\n";

/** Waits until the sweep's log says so often that a trial finished. */
async function untilFinished(folder: string, n: number): Promise<void> {
  const finished = async () => (await events(folder)).filter((e) => e.startsWith("finished")).length;
  for (let i = 0; await finished() < n; i++) {
    assert(i < 2400, "no trial ended in two minutes");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test("a sweep of two processes that is killed and started again ends as an undisturbed one", async () => {
  const undisturbed = await inFolder(TOY + SWEEP, async (folder) => {
    const { code, err, out } = await program(folder, sweepArgs("--jobs", "2"));
    assertEquals(code, 0, err);
    assertEquals(out.split("\n").length, 5);
    return await summaries(folder);
  });
  assertEquals(Object.keys(undisturbed).length, 4);
  await inFolder(TOY + SWEEP, async (folder) => {
    const child = start(folder, sweepArgs());
    await untilFinished(folder, 1);
    child.kill("SIGKILL");
    await child.output();
    const log = `${folder}/results/sweep/sweep.jsonl`;
    await Deno.writeTextFile(log, await Deno.readTextFile(log) + '{"event":"fini');
    const before = await events(folder);
    const { code, err } = await program(folder, sweepArgs("--jobs", "2"));
    assertEquals(code, 0, err);
    assertEquals(await summaries(folder), undisturbed);
    const all = await events(folder), once = before.filter((e) => e.startsWith("finished"));
    for (const event of once) assertEquals(all.filter((e) => e === event).length, 1, "it ran twice");
    assertEquals(all.filter((e) => e.startsWith("started")).length, 4);
    await spaceIsKept(folder);
  });
});

/** A sweep of four finished trials refuses another space, and goes on with it where it is told to. */
async function spaceIsKept(folder: string): Promise<void> {
  const before = await events(folder);
  await Deno.writeTextFile(`${folder}/spec.yaml`, TOY + SWEEP.replace("[1, 2]", "[1, 2, 3]"));
  const refused = await program(folder, sweepArgs());
  assertEquals(refused.code, 2);
  assertMatch(refused.err, /^spec\.yaml:11:1: sweep: differs from the sweep in results\/sweep in axes: /);
  assertEquals(await events(folder), before);
  const { code, err } = await program(folder, sweepArgs("--extend", "--jobs", "2"));
  assertEquals(code, 0, err);
  const fresh = (await events(folder)).slice(before.length);
  assertEquals(fresh.filter((e) => e.startsWith("started")).length, 2);
  assertEquals(Object.keys(await summaries(folder)).length, 6);
  await Deno.writeTextFile(`${folder}/spec.yaml`, TOY.replace("seed: 3", "seed: 4") + SWEEP);
  assertStringIncludes(
    (await program(folder, sweepArgs())).err,
    "sweep: is of another spec than the sweep in",
  );
}

/** The second of three trials asks for more memory than a process may have. */
const FAILING = `${TOY}sweep:
  axes: { evaluation.samples: [32, 100000000, 48] }
  onError: continue
`;

Deno.test("a trial that fails is told with its reason; the others go on, or not where the sweep stops on errors", async () => {
  for (const [onError, finished] of [["continue", 2], ["stop", 1]] as const) {
    await inFolder(FAILING.replace("continue", onError), async (folder) => {
      const { code, err } = await program(folder, sweepArgs());
      assertEquals(code, 1);
      assertMatch(err, /[0-9a-f]{8} failed: exit code \d+: \S+/);
      const all = await events(folder),
        count = (kind: string) => all.filter((e) => e.startsWith(kind)).length;
      assertEquals([count("finished"), count("failed")], [finished, 1]);
    });
  }
});

Deno.test("Ctrl-C stops the trials with the sweep, and a second sweep of the same folder is refused", () =>
  inFolder(TOY.replace("epochs: 1", "epochs: 20000") + SWEEP, async (folder) => {
    const child = start(folder, sweepArgs());
    for (let i = 0; !(await Deno.readTextFile(`${folder}/results/sweep/log`).catch(() => "")); i++) {
      if ((await events(folder)).length > 0 || i > 1200) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const second = await program(folder, sweepArgs());
    assertEquals(second.code, 1);
    assertStringIncludes(second.err, "Another process runs the sweep in results/sweep");
    child.kill("SIGINT");
    const { code, stderr } = await child.output(), err = new TextDecoder().decode(stderr);
    assertEquals(code, 130, err);
    const [id] = (await events(folder)).map((e) => e.split(" ")[1]);
    const log = await Deno.readTextFile(`${folder}/results/sweep/log/${id}.log`);
    assertStringIncludes(log, "Stopped by a signal (exit code 130)");
  }));
