import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Declaration } from "../../../core/contracts/spec.ts";
import { openEngine, scope, tensor, tensorCount } from "../../../core/engine/mod.ts";
import { drawPosterior, posteriorMoments } from "../../../core/inference/draw.ts";
import { flowShapes } from "../../../core/inference/standardize.ts";
import { fold, normals, rootKey } from "../../../core/base/random.ts";
import { canonicalJson, digest } from "../../../core/base/files.ts";
import { encodeFlow } from "../../../core/learning/flow_file.ts";
import { loadFlow } from "../../../core/learning/load_flow.ts";
import { build } from "../../../core/registry/build.ts";
import { registry } from "../../../mod.ts";
import { unitStandardization } from "../inference/toys.ts";
import { sizeOf } from "../../../core/base/shape.ts";

const key = rootKey(83), shape = [8, 8], size = 64, summary = normals(fold(key, "summary"), size);
const declaration: Declaration = { kind: "glow", depth: 2, hidden: 8, levels: 1 };

/** A flow of images whose weights are as far from the start as a training takes them. */
async function posteriorOf() {
  const mask = new Float32Array(size).fill(1).fill(0, 0, 8);
  const standardization = {
    ...unitStandardization({ x: shape, y: shape, mask }),
    xScale: Float64Array.of(0.1 + 0.2),
    yMean: new Float64Array(8).fill(1 / 3),
  };
  const shapes = flowShapes(standardization);
  const flow = await build(registry, "flow", { declaration, context: shapes });
  const values = (name: string, of: readonly number[]) =>
    tensor(normals(fold(key, name), 16 * sizeOf({ shape: of })), [16, ...of]);
  const params = scope(() => {
    const start = flow.init(key, { x: values("x", shapes.x), context: values("y", shapes.context) });
    const moved = (name: string, p: typeof start[string]) =>
      p.add(tensor(normals(fold(key, name), p.size).map((v) => 0.1 * v), p.shape));
    return Object.fromEntries(Object.entries(start).map(([name, p]) => [name, moved(name, p)]));
  });
  return { flow, params, standardization };
}

/** Works on a folder with a flow's files. */
async function withFiles(
  work: (folder: string, posterior: Awaited<ReturnType<typeof posteriorOf>>) => Promise<void>,
) {
  await openEngine("wasm");
  const folder = await Deno.makeTempDir();
  try {
    const posterior = await posteriorOf();
    const files = await encodeFlow(declaration, posterior);
    for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(join(folder, name), bytes);
    await work(folder, posterior);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const samplesOf = { key, n: 5, batch: 2 };

Deno.test("a loaded flow samples bitwise what the trained one does, and closing it frees all it holds", () =>
  withFiles(async (folder, posterior) => {
    const before = tensorCount(), flow = await loadFlow(folder, registry);
    assertEquals(await flow.sample(summary, samplesOf), await drawPosterior(posterior, summary, samplesOf));
    assertEquals(
      await flow.moments(summary, samplesOf),
      await posteriorMoments(posterior, summary, samplesOf),
    );
    flow.close();
    assertEquals(tensorCount(), before);
  }));

Deno.test("a flow whose file is older than the kinds of spaces samples as it did", () =>
  withFiles(async (folder, posterior) => {
    const forget = (description: any) => {
      for (const name of ["x", "y"]) delete description.standardization[name].kind;
    };
    await rewrite(folder, forget, { signed: true });
    const flow = await loadFlow(folder, registry), { x, y } = posterior.standardization;
    assertEquals([flow.posterior.standardization.x, flow.posterior.standardization.y], [x, y]);
    assertEquals(await flow.sample(summary, samplesOf), await drawPosterior(posterior, summary, samplesOf));
    flow.close();
  }));

Deno.test("a flow of the wasm engine is loaded and samples alike on the cpu engine", () =>
  withFiles(async (folder, posterior) => {
    const expected = await drawPosterior(posterior, summary, samplesOf);
    await openEngine("cpu");
    const flow = await loadFlow(folder, registry), found = await flow.sample(summary, samplesOf);
    flow.close();
    const worst = Math.max(...found.map((v, i) => Math.abs(v - expected[i])));
    assertLess(worst, 1.5e-6);
  }));

Deno.test("a summary of another size, or that is not finite, is refused", () =>
  withFiles(async (folder) => {
    const flow = await loadFlow(folder, registry);
    for (const draw of [flow.sample, flow.moments]) {
      await assertRejects(
        () => draw(summary.subarray(1), samplesOf),
        Error,
        "The summary has 63 values: this flow takes [8,8], 64 values.",
      );
      await assertRejects(
        () => draw(summary.with(9, NaN), samplesOf),
        Error,
        "The summary has the value NaN in row 1, column 1: all values must be finite numbers",
      );
    }
    flow.close();
  }));

/** Rewrites flow.json; with `signed`, as a program of that content would have written it. */
async function rewrite(
  folder: string,
  change: (description: any) => void,
  { signed }: { signed: boolean },
): Promise<void> {
  const path = join(folder, "flow.json"), description = JSON.parse(await Deno.readTextFile(path));
  change(description);
  const { self: _, ...rest } = description;
  if (signed) description.self = await digest(canonicalJson(rest));
  await Deno.writeTextFile(path, JSON.stringify(description));
}

const FAULTS: readonly { what: string; spoil: (folder: string) => Promise<void>; message: string }[] = [
  {
    what: "a folder without a flow",
    spoil: (folder) => Deno.remove(join(folder, "flow.json")),
    message: "a run leaves its trained flow in <run folder>/flow.",
  },
  {
    what: "a missing file of weights",
    spoil: (folder) => Deno.remove(join(folder, "weights.safetensors")),
    message: "There is no weights.safetensors in ",
  },
  {
    what: "a truncated flow.json",
    spoil: (folder) => Deno.truncate(join(folder, "flow.json"), 200),
    message: "flow.json is not JSON: it is damaged or truncated.",
  },
  {
    what: "a foreign flow.json",
    spoil: (folder) => Deno.writeTextFile(join(folder, "flow.json"), '{ "format": "another" }'),
    message: "flow.json describes no trained flow of driftless.",
  },
  {
    what: "a flow.json that is null",
    spoil: (folder) => Deno.writeTextFile(join(folder, "flow.json"), "null"),
    message: "flow.json describes no trained flow of driftless.",
  },
  {
    what: "a later version",
    spoil: (folder) => rewrite(folder, (d) => d.version = 2, { signed: true }),
    message: "flow.json is of format version 2: this driftless reads version 1.",
  },
  {
    what: "a part that is missing",
    spoil: (folder) => rewrite(folder, (d) => delete d.standardization.yMean, { signed: true }),
    message: "flow.json is damaged: standardization.yMean: ",
  },
  {
    what: "an edited statistic",
    spoil: (folder) => rewrite(folder, (d) => d.standardization.yMean[0] += 1e-9, { signed: false }),
    message: "flow.json is damaged or was edited: it does not have the SHA-256 that it was written with.",
  },
  {
    what: "truncated weights",
    spoil: (folder) => Deno.truncate(join(folder, "weights.safetensors"), 1000),
    message: "weights.safetensors does not belong to its flow.json: its SHA-256 begins with ",
  },
  {
    what: "one flipped bit of the weights",
    async spoil(folder) {
      const path = join(folder, "weights.safetensors"), bytes = await Deno.readFile(path);
      bytes[bytes.length - 5] ^= 1;
      await Deno.writeFile(path, bytes);
    },
    message: "It is damaged, truncated or of another flow.",
  },
  {
    what: "a kind that this driftless does not have",
    spoil: (folder) => rewrite(folder, (d) => d.flow.kind = "gloww", { signed: true }),
    message: 'There is no flow of kind "gloww"',
  },
  {
    what: "an option that this driftless does not have",
    spoil: (folder) => rewrite(folder, (d) => d.flow.width = 3, { signed: true }),
    message: "is of kind glow with options that this driftless does not have: ",
  },
  {
    what: "weights of another depth",
    spoil: (folder) => rewrite(folder, (d) => d.flow.depth = 3, { signed: true }),
    message: "does not fit this driftless's flows: ",
  },
  {
    what: "a flow that computes otherwise",
    spoil: (folder) => rewrite(folder, (d) => d.probe[7] += 0.1, { signed: true }),
    message: "computes otherwise here than where it was trained: its probe deviates by ",
  },
];

for (const { what, spoil, message } of FAULTS) {
  Deno.test(`loadFlow refuses ${what} in a sentence, and holds nothing`, () =>
    withFiles(async (folder) => {
      await spoil(folder);
      const before = tensorCount().tensors;
      await assertRejects(() => loadFlow(folder, registry), Error, message);
      assertEquals(tensorCount().tensors, before);
    }));
}
