import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadSpec, preflight, SpecError } from "../../../core/spec/mod.ts";
import { registry, VALID } from "./toys.ts";

const load = (text: string, overrides: string[] = []) => loadSpec("toy.yaml", { registry, text, overrides });

Deno.test("defaults are filled in and quantities are SI numbers", async () => {
  const { spec } = await load(VALID);
  assertEquals(spec.operator, {
    kind: "waves",
    grid: { shape: [64, 64], spacing: [12.5, 20] },
    background: { kind: "constant", velocity: 2500 },
    sources: { count: 16, depth: 25 },
    interval: 0.001378,
  });
  assertEquals(spec.summary, { kind: "migration" });
  assertEquals(spec.training, {
    pairs: 128,
    validation: 0.1,
    epochs: 3,
    batch: 16,
    warmUp: 20,
    decay: 1,
    decayEvery: 1,
    average: 0.999,
    jitter: 0,
    flips: [],
    optimizer: { kind: "adam", rate: 1e-3 },
  });
  assertEquals(spec.correction, {
    kind: "diagonal",
    target: "latent",
    passes: 5,
    samples: 1,
    antithetic: false,
    gradient: "total",
    encoding: "orthogonal",
    holdout: 0,
    decay: 0.5,
    optimizer: { kind: "adam", rate: 0.1 },
  });
  assertEquals(spec.evaluation, {
    observations: 4,
    samples: 128,
    metrics: [
      "snr",
      "rmse",
      "ssim",
      "coverage",
      "crps",
      "energy-score",
      "contraction",
      "coverage-by-depth",
      "data-residual",
    ],
    baselines: [{ kind: "cgls", iterations: 20 }],
    detection: 0,
    tradeoff: false,
  });
});

Deno.test("a shift keeps what it does not name, and replaces another kind or alternative whole", async () => {
  const text = VALID.replace(
    "correction:",
    "  - name: steep\n    operator:\n      background: { kind: gradient, top: 2 km/s, bottom: 3 km/s }\ncorrection:",
  );
  const { spec: { scenarios } } = await load(text);
  assertEquals(scenarios.map((s) => s.name), ["nominal", "more noise", "noise x 1.5, 4 sources", "steep"]);
  assertEquals(scenarios[0].noise, { kind: "white", level: { snr: 5 } });
  assertEquals(scenarios[1].noise, { kind: "white", level: { scale: 2.5 } });
  assertEquals(scenarios[1].operator, scenarios[0].operator);
  assertEquals((scenarios[2].operator as any).sources, { count: 4, depth: 25 });
  assertEquals((scenarios[2].operator as any).grid, { shape: [64, 64], spacing: [12.5, 20] });
  assertEquals((scenarios[3].operator as any).background, { kind: "gradient", top: 2000, bottom: 3000 });
});

Deno.test("evaluation.prior lies between the prior and a shift's own, and leaves training's prior alone", async () => {
  const text =
    VALID.replace("{ kind: geology }", "{ kind: patches, path: a, where: { zone: shallow, split: train } }")
      .replace("correction:", "  - { name: deep, prior: { where: { zone: deep } } }\ncorrection:") +
    "evaluation: { prior: { where: { split: test } } }\n";
  const { spec } = await load(text);
  const where = (prior: unknown) => (prior as any).where;
  assertEquals(where(spec.prior), { zone: "shallow", split: "train" });
  assertEquals(where(spec.scenarios[0].prior), { zone: "shallow", split: "test" });
  assertEquals(where(spec.scenarios[3].prior), { zone: "deep", split: "test" });
  assertEquals("prior" in spec.evaluation, false);
});

Deno.test("the hash is of the meaning, not of the writing", async () => {
  const { hash } = await load(VALID);
  const rewritten = VALID.replace("2.5 km/s", "2500 m/s").replace(
    "depth: 4 }",
    "hidden: 32, depth: 4 } # same",
  );
  assertEquals((await load(rewritten)).hash, hash);
  assertEquals(/^[0-9a-f]{8}$/.test(hash), true);
  assertEquals((await load(VALID, ["seed=8"])).hash === hash, false);
});

Deno.test("aliases and merge keys are read, and faults behind them have their lines", async () => {
  const text = VALID.replace("flow: { kind: hint, depth: 4 }", "flow:\n  <<: { kind: hint }\n  depth: 0");
  await assertRejects(() => load(text), SpecError, "toy.yaml:13:10: flow.depth: is 0: it must be at least 1");
});

Deno.test("preflight speaks of the component's key: once for the nominal problem, and for a shift's own", async () => {
  const places = async (text: string) =>
    (await preflight(await load(text), registry)).map(({ line, column, path }) => [line, column, path]);
  assertEquals(await places(VALID), []);
  assertEquals(await places(VALID.replace("1.378 ms", "5 ms")), [[9, 13, "operator.interval"]]);
  assertEquals(await places(VALID.replace("{ sources: { count: 4 } }", "{ interval: 5 ms }")), [
    [17, 27, "shifts.noise x 1.5, 4 sources.operator.interval"],
  ]);
});

Deno.test("a file that is absent or is not text is an issue of the spec", async () => {
  await assertRejects(() => loadSpec("absent.yaml", { registry }), SpecError, "there is no such file");
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, new Uint8Array([0x6e, 0xff, 0xfe]));
  const error = await assertRejects(() => loadSpec(path, { registry }), SpecError).finally(() =>
    Deno.remove(path)
  );
  assertStringIncludes(error.message, "not UTF-8");
});

Deno.test("a sweep ranks by the mean that its spec is about, unless it names a metric", async () => {
  const metric = async (...overrides: string[]) =>
    (await load(VALID, ["sweep={ seed: [1, 2] }", ...overrides])).spec.sweep!.metric;
  assertEquals(await metric(), "corrected.snr");
  assertEquals(await metric("correction={ kind: none }", "gates={}"), "amortized.snr");
  const named = "sweep={ axes: { seed: [1, 2] }, metric: cgls.rmse, direction: min }";
  assertEquals(await metric(named), "cgls.rmse");
});
