import { assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { loadSpec, registry, rootKey } from "../../../mod.ts";
import { SpecError } from "../../../core/spec/mod.ts";
import { mixtureOf } from "../../../physics/priors/mixture.ts";
import { vector } from "../../spaces.ts";

/** Draws `[value + i, value + i]`: each draw tells which it is. */
const counting = (value: number) => ({
  space: vector(2),
  sample: (_key: unknown, n: number) =>
    Promise.resolve(Float32Array.from({ length: 2 * n }, (_, k) => value + Math.floor(k / 2))),
});

Deno.test("each part is drawn as often as its weight says, its draws in turn, and draw i does not depend on n", async () => {
  const n = 20000,
    prior = mixtureOf([
      { weight: 3, prior: counting(0) },
      { weight: 1, prior: counting(1e6) },
    ]);
  const draws = await prior.sample(rootKey(3), n), second = draws.filter((v, k) => k % 2 === 0 && v >= 1e6);
  assertLess(Math.abs(second.length / n - 0.25), 4 * Math.sqrt(0.25 * 0.75 / n));
  assertEquals([...second], Array.from(second, (_, i) => 1e6 + i));
  assertEquals(draws.subarray(0, 200), await prior.sample(rootKey(3), 100));
});

Deno.test("a fault inside a part is told with its place", async () => {
  const text = `name: m
seed: 1
prior:
  kind: mixture
  parts:
    - { weight: 2, prior: { kind: uniform, lower: -1, upper: 1 } }
    - { prior: { kind: gausian } }
operator: { kind: identity, size: 2 }
noise: { kind: gaussian, level: { sigma: 1 } }
summary: { kind: identity }
`;
  const error = await assertRejects(() => loadSpec("m.yaml", { registry, text }), SpecError);
  assertMatch(
    error.message,
    /^m\.yaml:7:24: prior\.parts\.1\.prior\.kind: is "gausian": .*did you mean gaussian\?$/,
  );
});

Deno.test("a mixture has a density where all of its parts have one, and a spec may ask for it then", async () => {
  const spec = (prior: string) =>
    `name: m
seed: 1
prior: { kind: mixture, parts: [{ prior: { kind: gaussian } }, { prior: ${prior} }] }
operator: { kind: identity, size: 2 }
noise: { kind: gaussian, level: { sigma: 1 } }
summary: { kind: identity }
flow: { kind: coupling }
training: { pairs: 64, epochs: 1 }
correction: { kind: diagonal, target: posterior }
`;
  await loadSpec("m.yaml", { registry, text: spec("{ kind: rosenbrock }") });
  const error = await assertRejects(
    () => loadSpec("m.yaml", { registry, text: spec("{ kind: layered-geology }") }),
    SpecError,
  );
  assertMatch(
    error.message,
    /m\.yaml:9:\d+: correction\.target: .* mixture of nominal has none; write latent/,
  );
});
