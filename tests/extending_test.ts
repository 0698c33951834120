import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { normals, normals64, rootKey } from "../core/base/random.ts";
import type { Vector } from "../core/contracts/vector.ts";
import { multiplyVector, transpose } from "../core/linalg/mod.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The page's pieces of code by their first line, which is a comment that says where they belong. */
const page = await Deno.readTextFile(`${ROOT}docs/extending.md`);
const pieces = [...page.matchAll(/```(?:ts|yaml)\n(?:\/\/|#) (\S+?)(?:: (\w+))?\n([^]*?)```/g)]
  .map(([, path, slot, text]) => ({ path, slot, text }));
const components = pieces.filter(({ path, slot }) => path.endsWith(".ts") && !slot);
const entries = pieces.filter(({ slot }) => slot !== undefined);
const specs = pieces.filter(({ path }) => path.endsWith(".yaml"));

/** Slots of the page's examples, the kinds they add, and the names of their exports. */
const ADDED = components.map(({ text }) => {
  const [, name, define] = /export const (\w+) = (plugin|method|metric)\(/.exec(text)!;
  const slot = define === "plugin" ? /slot: "([\w-]+)"/.exec(text)![1] : define;
  return { slot, kind: /kind: "([\w-]+)"/.exec(text)![1], name };
});

/** The text with a line after the one that a pattern finds. */
function withLine(text: string, { after, line }: { after: RegExp; line: string }): string {
  assert(after.test(text), `${after} is not there`);
  return text.replace(after, (found) => `${found}\n${line}`);
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
}

/** The project in a folder of its own, with the page's files and the lines that they take. */
async function extended(folder: string): Promise<void> {
  const parts = ["core", "physics", "flows", "tests", "mod.ts", "deno.json", "deno.lock"];
  const { success } = await new Deno.Command("cp", {
    args: ["-R", ...parts.map((part) => ROOT + part), folder],
  })
    .output();
  assert(success, "the project was not copied");
  for (const [i, { path, text }] of components.entries()) {
    await Deno.writeTextFile(`${folder}/${path}`, text);
    const [, room, file] = /^(core\/\w+|\w+)\/(.+)$/.exec(path)!, { name } = ADDED[i];
    await edit(
      `${folder}/${room}/plugins.ts`,
      (plugins) =>
        `import { ${name} } from "./${file}";\n` +
        withLine(plugins, { after: /^export const plugins = \[/m, line: `${name},` }),
    );
  }
  for (const { path, slot, text } of entries) {
    await edit(
      `${folder}/${path}`,
      (small) => withLine(small, { after: new RegExp(`^  ${slot}: \\{`, "m"), line: text.trimEnd() }),
    );
  }
  for (const { path, text } of specs) await Deno.writeTextFile(`${folder}/${path}`, text);
}

const folder = await Deno.makeTempDir();
await extended(folder);
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function deno(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { NO_COLOR: "1" };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder, env })
    .output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

Deno.test("the page adds a component to each slot that it speaks of, in files of 20 to 60 lines", () => {
  const slots = ["noise", "prior", "operator", "flow", "correction", "method", "metric"];
  assertEquals(ADDED.map(({ slot }) => slot), slots);
  assertEquals(entries.map(({ slot }) => slot), ["noise", "operator"]);
  for (const { path, text } of components) {
    const lines = text.trimEnd().split("\n").length;
    assert(20 <= lines && lines <= 60, `${path} has ${lines} lines`);
  }
});

Deno.test("the page's files are formatted and have their types", async () => {
  const paths = components.map(({ path }) => path);
  for (const args of [["fmt", "--check"], ["lint", "-q"], ["check", "-q"]]) {
    const { code, err } = await deno(...args, ...paths);
    assertEquals(code, 0, err);
  }
});

Deno.test("the page's components pass the contract tests", async () => {
  const kinds = ADDED.map(({ slot, kind }) => slot === "operator" ? `${kind}:` : `${slot} ${kind}:`);
  // The last two hold for all kinds together: looks of their own, and names.
  const names = [...kinds, "methods say", "no number has two metrics"], filter = `/^(${names.join("|")})/`;
  const { code, out, err } = await deno("test", "-A", "--no-check", "--filter", filter, "tests/contracts");
  assertEquals(code, 0, out + err);
  for (const name of names) assertStringIncludes(out, `\n${name}`);
});

Deno.test("the page's random medium has the covariance of its exponent: exp(-r / a) where it is 0.5", async () => {
  const { vonKarman } = await import(`${folder}/physics/priors/von_karman.ts`), cells = 11, n = 10_000;
  const options = { std: 2, length: 5, exponent: 0.5 }, mask = new Float32Array(cells).fill(1);
  for (const shape of [[cells, 1], [1, cells]]) {
    const { sample } = vonKarman.build(options, {
      domain: { name: "x", kind: "image", shape },
      mask,
      specFolder: ".",
    });
    const draws: Float32Array = await sample(rootKey(1), n);
    for (const distance of [0, 2, 5, 10]) {
      let covariance = 0;
      for (let i = 0; i < n; i++) covariance += draws[i * cells] * draws[i * cells + distance] / n;
      // The standard error of a covariance of normal variables is at most sqrt(2 / n) of their variance.
      assertAlmostEquals(covariance / 4, Math.exp(-distance / 5), 4 * Math.sqrt(2 / n));
    }
  }
});

Deno.test("the page's sparse least squares satisfies the optimality conditions, at the cost that it tells", async () => {
  const { fista } = await import(`${folder}/core/methods/baselines/fista.ts`), n = 6;
  const J = normals64(rootKey(1), n * n), JT = transpose(J), data = normals(rootKey(2), n);
  let applications = 0;
  const applying = (A: Float64Array) => (x: Vector) => {
    applications++;
    return Promise.resolve(new Float32Array(multiplyVector(A, Float64Array.from(x))));
  };
  const survey = { stacked: { forward: applying(J), adjoint: applying(JT) } };
  const noise = { whiten: (r: Vector) => r.map((v, i) => v / (1 + i)) }; // i + 1: the noise's sigma
  const options = { penalty: 0.3, iterations: 2000 }, of = (value: unknown) => ({ get: () => value });
  const { mean } = await fista.build(options, { spec: { seed: 1 } }).estimate({
    observation: of({ data }),
    problem: () => ({ survey, noise }),
    key: rootKey(3),
    context: { graph: { node: (_stage: string, _parts: unknown, compute: () => unknown) => of(compute()) } },
  }).get();
  assertEquals(applications, fista.cost(options).applications);
  const migrated = (d: Float64Array) => multiplyVector(JT, d.map((v, i) => v / (1 + i) ** 2));
  const lambda = 0.3 * Math.max(...migrated(Float64Array.from(data)).map(Math.abs));
  const gradient = migrated(multiplyVector(J, Float64Array.from(mean)).map((v, i) => v - data[i]));
  assert(mean.includes(0) && mean.some((x: number) => x !== 0), `${mean}`);
  for (const [i, x] of mean.entries()) {
    if (x === 0) assert(Math.abs(gradient[i]) <= lambda);
    else assertAlmostEquals(gradient[i], -Math.sign(x) * lambda, 1e-3 * lambda);
  }
});

Deno.test("the page's interval score is the width, and 20 times the distance to a truth outside", async () => {
  const { intervalScore } = await import(`${folder}/core/metrics/interval_score.ts`);
  const samples = Float64Array.from({ length: 19 * 4 }, (_, k) => 1 + Math.floor(k / 4)); // 1 to 19 in each cell
  const score = (...truth: number[]) =>
    intervalScore.build({}, {})({ truth, samples, mask: [1, 1, 1, 0] }).intervalScore90;
  assertAlmostEquals(score(1, 10, 19, 50), 18);
  assertAlmostEquals(score(0.5, 10, 10, 50), 18 + 10 / 3);
  assertAlmostEquals(score(10, 10, 21, 50), 18 + 40 / 3);
});

for (const { path, text } of specs) {
  Deno.test(`the page's ${path} runs`, async () => {
    const { code, err } = await deno(
      ...["run", "-A", "--no-check", "mod.ts", "run", path],
      ...["--engine", "wasm", "--workers", "1", "--out", `out/${path}`],
    );
    assertEquals(code, 0, err);
    const { name, scenarios } = JSON.parse(await Deno.readTextFile(`${folder}/out/${path}/summary.json`));
    assertStringIncludes(text, `name: ${name}`);
    for (const { corrected, baselines, methods } of scenarios) {
      assert(Number.isFinite(corrected.snr), JSON.stringify(corrected));
      assertEquals("intervalScore90" in corrected, text.includes("interval-score"));
      if (text.includes("fista")) {
        assertEquals(methods.fista.label, "sparse least squares");
        assert(Number.isFinite(baselines.fista.snr));
      }
    }
  });
}
