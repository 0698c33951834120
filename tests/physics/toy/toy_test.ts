import { assertAlmostEquals, assertEquals, assertLess, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Survey } from "../../../core/contracts/operator.ts";
import { dotTest } from "../../../core/linalg/mod.ts";
import { encodeNpy } from "../../../core/data/npy.ts";
import { rootKey } from "../../../core/base/random.ts";
import { convolution, convolutionOperator } from "../../../physics/toy/convolution.ts";
import { identity } from "../../../physics/toy/identity.ts";
import { matrix } from "../../../physics/toy/matrix.ts";

const SECTION = { shape: [40, 5], frequency: "25 Hz", interval: "4 ms" };

async function build(
  plugin: typeof matrix,
  written: Record<string, unknown>,
  specFolder = ".",
): Promise<Survey> {
  return await plugin.build(plugin.schema.parse(written), {
    resources: { workers: 1, memory: 1e9 },
    specFolder,
  });
}

Deno.test("every toy operator's adjoint is exact in both precisions, alone, encoded and stacked", async () => {
  const surveys = [
    await build(matrix, { rows: 6, columns: 8, seed: 5 }),
    await build(identity, { size: 7 }),
    await build(identity, { shape: [4, 3] }),
    await build(convolution, SECTION),
  ];
  for (const survey of surveys) {
    for (const a of [survey.shot(0), survey.encoded(Float64Array.of(-1.7)), survey.stacked]) {
      assertLess(await dotTest(a, { key: rootKey(1), precision: "f64" }), 1e-14);
      assertLess(await dotTest(a, { key: rootKey(1), precision: "f32" }), 2e-7);
    }
  }
});

Deno.test("a matrix read from a file is the matrix in it, found from the spec's folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(join(folder, "a.npy"), encodeNpy(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]));
    const survey = await build(matrix, { file: "a.npy" }, folder);
    assertEquals(await survey.shot(0).forward(Float64Array.of(1, 0, -1)), Float64Array.of(-2, -2));
    assertEquals([survey.domain.shape, survey.shotRange.shape], [[3], [2]]);
    await Deno.writeFile(join(folder, "v.npy"), encodeNpy(Float64Array.of(1, 2), [2]));
    await assertRejects(() => build(matrix, { file: "v.npy" }, folder), Error, "it must be [rows, columns]");
    await assertRejects(() => build(matrix, { file: "no.npy" }, folder), Error, "there is no file");
    await Deno.writeFile(join(folder, "z.npy"), encodeNpy(new Float64Array(4), [2, 2]));
    await assertRejects(() => build(matrix, { file: "z.npy" }, folder), Error, "z.npy has no entries but 0");
    const remarks = await matrix.preflight!(matrix.schema.parse({ file: "z.npy" }), { specFolder: folder });
    assertEquals(remarks.map(({ path }) => path), [["file"]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a drawn matrix depends on its seed alone and keeps the unknown's scale", async () => {
  const e = Float64Array.from({ length: 400 }, (_, i) => i === 0 ? 1 : 0);
  const first = await (await build(matrix, { rows: 300, columns: 400, seed: 5 })).shot(0).forward(e);
  const again = await (await build(matrix, { rows: 300, columns: 400, seed: 5 })).shot(0).forward(e);
  const other = await (await build(matrix, { rows: 300, columns: 400, seed: 6 })).shot(0).forward(e);
  assertEquals(first, again);
  assertEquals(first.every((v, i) => v !== other[i]), true);
  const variance = Array.from(first).reduce((sum, v) => sum + v * v, 0) / first.length;
  assertAlmostEquals(variance * 400, 1, 0.2);
});

Deno.test("convolution puts the wavelet's peak on the reflector, in its own trace", async () => {
  const survey = await build(convolution, SECTION), m = new Float64Array(200);
  m[20 * 5 + 3] = 2;
  const d = await survey.shot(0).forward(m);
  assertEquals(survey.shotRange.shape, [5, 40]);
  for (let x = 0; x < 5; x++) {
    for (let t = 0; t < 40; t++) {
      const a = (Math.PI * 25 * 0.004 * (t - 20)) ** 2;
      assertAlmostEquals(d[x * 40 + t], x === 3 ? 2 * (1 - 2 * a) * Math.exp(-a) : 0, 1e-5);
    }
  }
});

Deno.test("an asymmetric wavelet is convolved, not correlated", async () => {
  const a = convolutionOperator(Float64Array.of(0, 1, 5), [3, 1]);
  assertEquals(await a.forward(Float64Array.of(1, 0, 0)), Float64Array.of(1, 5, 0));
  assertEquals(await a.adjoint(Float64Array.of(0, 1, 0)), Float64Array.of(5, 1, 0));
});
