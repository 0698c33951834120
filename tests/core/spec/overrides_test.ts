import { assertEquals, assertRejects } from "@std/assert";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
import { registry, VALID } from "./toys.ts";

const load = (...overrides: string[]) => loadSpec("toy.yaml", { registry, text: VALID, overrides });

async function complaint(...overrides: string[]): Promise<string[]> {
  return (await assertRejects(() => load(...overrides), SpecError)).message.split("\n");
}

Deno.test("--set writes scalars, quantities, lists and whole maps", async () => {
  const { spec } = await load(
    "training.epochs=9",
    "operator.interval=2 ms",
    "training.flips=[lateral]",
    "correction={kind: none, passes: 0}",
    "gates={}",
  );
  assertEquals([spec.training!.epochs, spec.operator.interval, spec.training!.flips], [9, 0.002, [
    "lateral",
  ]]);
  assertEquals([spec.correction.kind, spec.correction.passes, spec.gates], ["none", 0, {}]);
});

Deno.test("the later of two --set wins", async () => {
  assertEquals((await load("flow.depth=2", "flow.depth=6")).spec.flow!.depth, 6);
});

Deno.test("a list entry is addressed by its name, dots and all, or by its index", async () => {
  const byName = await load("shifts.noise x 1.5, 4 sources.operator.sources.count=2");
  const byIndex = await load("shifts.1.operator.sources.count=2");
  assertEquals((byName.spec.scenarios[2].operator as any).sources.count, 2);
  assertEquals(byName.hash, byIndex.hash);
});

Deno.test("another alternative or kind replaces the one written", async () => {
  assertEquals((await load("noise.level.sigma=3")).spec.noise.level, { sigma: 3 });
  assertEquals((await load("shifts.more noise.noise.level.sigma=3")).spec.scenarios[1].noise.level, {
    sigma: 3,
  });
  assertEquals((await load("flow.kind=glow")).spec.flow, { kind: "glow", levels: 2 });
});

Deno.test("a key inside a default starts from that default", async () => {
  const { spec } = await load("correction.optimizer.rate=0.03");
  assertEquals(spec.correction.optimizer, { kind: "adam", rate: 0.03 });
});

Deno.test("faults stand under the offending part of the --set text", async () => {
  assertEquals(await complaint("flow.dpeth=8"), [
    "--set:1:6: flow.dpeth: is not a key here: the keys are depth, hidden, kind; did you mean depth?",
    "    flow.dpeth=8",
    "         ^^^^^",
  ]);
  assertEquals(await complaint("operator.interval=4"), [
    "--set:1:19: operator.interval: is 4 without a unit: write 4 s",
    "    operator.interval=4",
    "                      ^",
  ]);
  assertEquals((await complaint("flw.depth=3"))[2], "    ^^^");
  assertEquals(
    (await complaint("prior.kind=patches"))[0],
    "--set:1:12: prior.path: is missing: it must be text",
  );
});

Deno.test("a text that is no override is told what it must be", async () => {
  const wanted = "must be key.path=value, like training.epochs=4";
  for (const text of ["flow", "=4", "flow.=4", ".=4"]) {
    assertEquals((await complaint(text))[0], `--set:1:1: ${wanted}`);
  }
  assertEquals((await complaint("seed=[1"))[0].slice(0, 34), "--set:1:6: the value is not YAML: ");
  assertEquals(
    (await complaint("seed.x=1"))[0],
    "--set:1:6: there is no key x here: the value above is 7, not a map",
  );
  assertEquals(
    (await complaint("shifts.more nose.noise.level.scale=1"))[0],
    "--set:1:8: there is no entry more nose in this list: " +
      "the entries are more noise, noise x 1.5, 4 sources; did you mean more noise?",
  );
});
