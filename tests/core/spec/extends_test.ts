import { assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "node:path";
import { frozenText, loadSpec, resolvedText, SpecError } from "../../../core/spec/mod.ts";
import { registry, VALID } from "./toys.ts";

/** Files of a fresh folder, which `work` sees as the paths in it. */
async function inFolder<T>(
  files: Record<string, string>,
  work: (at: (name: string) => string) => Promise<T>,
) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    return await work((name) => join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const load = (files: Record<string, string>, overrides: string[] = []) =>
  inFolder(files, (at) => loadSpec(at("top.yaml"), { registry, overrides }));

async function complaint(files: Record<string, string>, overrides: string[] = []): Promise<string[]> {
  return await inFolder(files, async (at) => {
    const work = () => loadSpec(at("top.yaml"), { registry, overrides });
    return (await assertRejects(work, SpecError)).message.replaceAll(`${at("")}/`, "").split("\n");
  });
}

Deno.test("a spec lies over its base: maps merge, another kind replaces, lists replace, null removes", async () => {
  const base = VALID.replace("epochs: 3", "epochs: 3, flips: [lateral], batch: 4");
  const { spec } = await load({
    "base.yaml": base,
    "top.yaml": "extends: base.yaml\nseed: 8\ntraining: { epochs: 9, flips: [polarity], batch: null }\n" +
      "flow: { kind: glow }\ngates: null\n",
  });
  assertEquals([spec.seed, spec.name, spec.flow, spec.gates], [8, "toy", { kind: "glow", levels: 2 }, {}]);
  assertEquals([spec.training!.epochs, spec.training!.pairs], [9, 128]);
  assertEquals([spec.training!.flips, spec.training!.batch], [["polarity"], 16]);
});

Deno.test("the later of several bases wins, and bases have bases of their own", async () => {
  const { spec } = await load({
    "a/base.yaml": VALID,
    "a/more.yaml": "extends: base.yaml\nseed: 10\nflow: { depth: 2 }\n",
    "seed.yaml": "seed: 11\n",
    "top.yaml": "extends: [a/more.yaml, seed.yaml]\n",
  });
  assertEquals([spec.seed, spec.flow!.depth], [11, 2]);
});

Deno.test("shifts merge by their names; new ones come last", async () => {
  const { spec: { scenarios } } = await load({
    "base.yaml": VALID,
    "top.yaml": "extends: base.yaml\nshifts:\n  - { name: dip, prior: { dip: 2 } }\n" +
      "  - { name: more noise, noise: { level: { sigma: 3 } }, prior: { dip: 1 } }\n",
  });
  assertEquals(scenarios.map(({ name }) => name), ["nominal", "more noise", "noise x 1.5, 4 sources", "dip"]);
  assertEquals([scenarios[1].noise.level, scenarios[1].prior.dip], [{ sigma: 3 }, 1]);
});

Deno.test("a fault is where its value was written, with the chain of files that extend it", async () => {
  const files = {
    "a/base.yaml": VALID.replace("depth: 4", "depth: 0"),
    "a/mid.yaml": "extends: base.yaml\n",
    "top.yaml": "name: top\nextends: a/mid.yaml\ntraining: { epochs: 0 }\nnoise: { level: { snr: 5 } }\n",
  };
  assertEquals(await complaint(files), [
    "top.yaml:3:21: training.epochs: is 0: it must be at least 1",
    "top.yaml:4:24: noise.level.snr: is 5 without a unit: write 5 dB",
    "a/base.yaml:11:28: flow.depth: is 0: it must be at least 1 (extended by a/mid.yaml:1:10, top.yaml:2:10)",
  ]);
});

Deno.test("what is missing, and what null removed, is the fault of the spec and not of its base", async () => {
  const top = "extends: base.yaml\noperator: { interval: null }\n";
  assertEquals(await complaint({ "base.yaml": VALID, "top.yaml": top }), [
    "top.yaml:2:23: operator.interval: is missing: it must be a time with its unit, like 0.75 s",
  ]);
  assertEquals(
    await complaint({
      "base.yaml": "seed: 1\nprior: { kind: geology }\n",
      "top.yaml": "extends: base.yaml\n",
    }),
    [
      "top.yaml:1:1: name: is missing: it must be text",
      "top.yaml:1:1: operator: is missing: it must be a map",
      "top.yaml:1:1: noise: is missing: it must be a map",
    ],
  );
});

Deno.test("a base that is absent, a folder, no YAML or no name is an error at the line of extends", async () => {
  const said = async (extended: string) =>
    (await complaint({ "d/x.yaml": "", "top.yaml": `seed: 1\nextends: ${extended}\n` }))[0];
  const wanted = "it must be a file like base.yaml, or a list of such files";
  assertEquals(
    await said("absent.yaml"),
    "top.yaml:2:10: extends: is absent.yaml, which cannot be read: there is no such file",
  );
  assertEquals(
    await said("[d]"),
    "top.yaml:2:11: extends: is d, which cannot be read: it is a folder, and must be a YAML file",
  );
  assertEquals(await said("[3]"), `top.yaml:2:11: extends.0: is 3: ${wanted}`);
  assertEquals(await said("{ a: b }"), `top.yaml:2:10: extends: is a map: ${wanted}`);
  assertEquals(
    await said("d/x.yaml"),
    "d/x.yaml:1:1: the spec is empty: it must be a map of keys such as name, seed and prior (extended by top.yaml:2:10)",
  );
});

Deno.test("a circle is refused with the files that make it", async () => {
  assertEquals(await complaint({ "top.yaml": "extends: top.yaml\n" }), [
    "top.yaml:1:10: extends: is top.yaml, which makes a circle: top.yaml -> top.yaml",
  ]);
  const files = {
    "a.yaml": "extends: b.yaml\n",
    "b.yaml": "\nextends: a.yaml\n",
    "top.yaml": "extends: a.yaml\n",
  };
  assertEquals(await complaint(files), [
    "b.yaml:2:10: extends: is a.yaml, which makes a circle: a.yaml -> b.yaml -> a.yaml (extended by a.yaml:1:10, top.yaml:1:10)",
  ]);
});

Deno.test("forty levels of two bases each are read in as many steps, not in 2^40", async () => {
  const levels = Array.from(
    { length: 40 },
    (_, i) => [`l${i}.yaml`, `extends: [l${i + 1}.yaml, l${i + 1}.yaml]\n`],
  );
  const { spec } = await load({
    ...Object.fromEntries(levels),
    "l40.yaml": VALID,
    "top.yaml": "extends: l0.yaml\n",
  });
  assertEquals(spec.name, "toy");
});

const PATCHES = VALID.replace("{ kind: geology }", "{ kind: patches, path: data/a.npy }");

Deno.test("relative paths start from the file that says them, in shifts and sweeps too", async () => {
  const base = PATCHES.replace("correction:", "  - { name: other, prior: { path: b.npy } }\ncorrection:") +
    "evaluation: { files: { observations: o.npy, truths: /t.npy } }\nsweep: { prior.path: [c.npy, ../d.npy] }\n";
  const { spec, files } = await load({
    "sub/base.yaml": base,
    "top.yaml": "extends: sub/base.yaml\nevaluation: { files: { reference: r.npy } }\n",
  });
  assertEquals([spec.prior.path, spec.scenarios[3].prior.path], ["sub/data/a.npy", "sub/b.npy"]);
  assertEquals(spec.evaluation.files, { observations: "sub/o.npy", truths: "/t.npy", reference: "r.npy" });
  assertEquals(spec.sweep!.axes, { "prior.path": ["sub/c.npy", "d.npy"] });
  assertEquals(files, ["sub/data/a.npy", "sub/o.npy", "/t.npy", "r.npy", "sub/b.npy"]);
});

Deno.test("--set reaches inherited values and shifts, with carets", async () => {
  const files = { "base.yaml": VALID, "top.yaml": "extends: base.yaml\nseed: 8\n" };
  const { spec } = await load(files, ["flow.depth=2", "shifts.more noise.noise.level.scale=4"]);
  assertEquals([spec.flow!.depth, spec.scenarios[1].noise.level], [2, { scale: 4 }]);
  assertEquals(await complaint(files, ["flow.dpeth=2"]), [
    "--set:1:6: flow.dpeth: is not a key here: the keys are depth, hidden, kind; did you mean depth?",
    "    flow.dpeth=2",
    "         ^^^^^",
  ]);
  assertEquals((await complaint(files, ["shifts.more nois.noise.level.scale=4"]))[2], "           ^^^^^^^^^");
  assertEquals(await complaint(files, ["extends=other.yaml"]), [
    "--set:1:1: extends says how the spec's file is read: write it in the file",
    "    extends=other.yaml",
    "    ^^^^^^^",
  ]);
});

Deno.test("a frozen spec in any folder is the same spec, without its bases and overrides", async () => {
  const files = {
    "specs/base.yaml": PATCHES,
    "specs/top.yaml": "extends: base.yaml\nseed: 9\n",
    "runs/a/x": "",
  };
  await inFolder(files, async (at) => {
    const loaded = await loadSpec(at("specs/top.yaml"), {
      registry,
      overrides: ["operator.interval=2 ms", "gates={}"],
    });
    for (const folder of ["runs/a", "specs", "."]) {
      const path = join(at(folder), "frozen.yaml");
      await Deno.writeTextFile(path, frozenText(loaded, { folder: at(folder) }));
      const again = await loadSpec(path, { registry });
      assertEquals([again.spec, again.hash], [loaded.spec, loaded.hash]);
      assertEquals(join(again.folder, again.files[0]), at("specs/data/a.npy"));
    }
    await Deno.remove(at("specs"), { recursive: true });
    assertEquals((await loadSpec(at("runs/a/frozen.yaml"), { registry })).hash, loaded.hash);
  });
});

Deno.test("the resolved spec says of every value who wrote it", async () => {
  const files = {
    "base.yaml": VALID,
    "top.yaml": "extends: base.yaml\n\nseed: 8\nnoise: { level: { sigma: 2 } }\n",
  };
  await inFolder(files, async (at) => {
    const loaded = await loadSpec(at("top.yaml"), { registry, overrides: ["flow.depth=2"] });
    const lines = resolvedText(loaded).replaceAll(`${at("")}/`, "").split("\n");
    const of = (text: string) =>
      lines.filter((line) => line.trim().startsWith(text)).map((l) => l.split("# ")[1]);
    assertEquals(of("seed: 8"), ["top.yaml:3"]);
    assertEquals(of("interval: 0.001378"), Array(4).fill("base.yaml:9"));
    assertEquals([of("depth: 2 "), of("hidden: 32")], [["--set"], ["default"]]);
    assertEquals(of("spacing: [12.5, 20]")[0], "base.yaml:6");
    assertEquals([of("sigma: 2"), of("scale: 2.5"), of("- name: more noise")], [
      Array(3).fill("top.yaml:4"),
      ["base.yaml:15"],
      ["base.yaml:14"],
    ]);
    assertEquals(
      new Set(lines.filter((l) => l.includes("#") && !l.includes("metrics")).map((l) => l.indexOf("#"))).size,
      1,
    );
  });
});
