import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { checkFileSizes, observationOf } from "../../../core/problem/observations.ts";
import { encodeNpy } from "../../../core/data/npy.ts";
import { normals, rootKey } from "../../../core/base/random.ts";
import { fileFaults, rowSizes } from "../../../core/spec/observation_files.ts";
import { matrixSurvey, vectorProblem } from "../inference/toys.ts";
import { uniformPrior } from "../../../physics/priors/uniform.ts";
import { sizeOf } from "../../../core/base/shape.ts";

const key = rootKey(79), survey = matrixSurvey([1, 0, 0, 1, 1, 1], 2);
const prior = uniformPrior(survey.domain, {
  lower: Float64Array.of(-1, -1),
  upper: Float64Array.of(1, 1),
});
const problem = vectorProblem({ survey, sigma: 1, prior });

/** Runs a test on a folder of .npy files of the shapes given. */
async function onFiles(
  shapes: Readonly<Record<string, readonly number[]>>,
  test: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  for (const [name, shape] of Object.entries(shapes)) {
    const values = normals(key, sizeOf({ shape }));
    await Deno.writeFile(`${folder}/${name}.npy`, encodeNpy(values, shape));
  }
  await test(folder);
  await Deno.remove(folder, { recursive: true });
}

const files = { observations: "d.npy", truths: "x.npy", reference: "r.npy" };

Deno.test("observations, truths and reference samples of a scenario are the rows of their files", () =>
  onFiles({ d: [4, 3], x: [4, 2], r: [4, 5, 2] }, async (folder) => {
    assertEquals(fileFaults({ files, observations: 3 }, { folder }), []);
    checkFileSizes(files, { survey, folder });
    const read = await observationOf(problem, { i: 1, key, files, folder });
    const at = (count: number, from: number) => normals(key, from + count).slice(from);
    assertEquals(read.data, at(3, 3));
    assertEquals(read.truth, at(2, 2));
    assertEquals(read.reference, at(10, 10));
    assertEquals(read.summary, await problem.summary.apply(read.data));
  }));

Deno.test("without files observations are simulated and have no reference of their own", async () => {
  const one = await observationOf(problem, { i: 0, key, folder: "." });
  assertEquals([one.truth.length, one.data.length, one.reference], [2, 3, undefined]);
});

for (
  const [fault, shapes, path, says] of [
    ["a file that is not there", { d: [4, 3], x: [4, 2] }, "reference", /there is no file .*r\.npy/],
    ["too few rows", { d: [2, 3], x: [2, 2], r: [2, 5, 2] }, "observations", /\[2,3\].*observations is 3/],
    ["truths of other observations", { d: [4, 3], x: [3, 2], r: [4, 5, 2] }, "truths", /must have 4 rows/],
    ["a reference without samples", { d: [4, 3], x: [4, 2], r: [4, 2] }, "reference", /must be \[4, samples/],
  ] as const
) {
  Deno.test(`${fault}: a sentence at the file's own key`, () =>
    onFiles(shapes, (folder) => {
      const [{ key, message }] = fileFaults({ files, observations: 3 }, { folder });
      assertEquals(key, path);
      assertMatch(message, says);
    }));
}

Deno.test("rows of another size than the problem's are an error that names the file", () =>
  onFiles({ d: [4, 7], x: [4, 2], r: [4, 5, 2] }, (folder) => {
    assertThrows(() => checkFileSizes(files, { survey, folder }), Error, "d.npy has rows of 7 numbers");
  }));

Deno.test("rows of another size are told before any problem is built, where the operator tells its own", () =>
  onFiles({ d: [4, 7], x: [4, 2], r: [4, 5, 2] }, (folder) => {
    const faults = (data: number, unknown: number) =>
      fileFaults({ files, observations: 3 }, { folder, sizes: rowSizes({ data, unknown }) });
    assertEquals(faults(7, 2), []);
    assertEquals(faults(3, 2), [{
      key: "observations",
      message: "d.npy has rows of 7 numbers, shape [4,7]: the data of this operator have 3",
    }]);
    assertEquals(faults(7, 5).map(({ key }) => key), ["truths", "reference"]);
  }));

Deno.test("observations that are no numbers or do not vary are refused; a truth may be 0 everywhere", () =>
  onFiles({ d: [2, 3], x: [2, 2], r: [2, 5, 2] }, async (folder) => {
    const put = (name: string, data: Float32Array, shape: number[]) =>
      Deno.writeFile(`${folder}/${name}.npy`, encodeNpy(data, shape));
    const faults = () => fileFaults({ files, observations: 2 }, { folder });
    await put("x", new Float32Array(4), [2, 2]);
    assertEquals(faults(), []);
    await put("d", new Float32Array(6), [2, 3]);
    await put("r", normals(key, 20).with(13, Infinity), [2, 5, 2]);
    assertEquals(faults(), [
      { key: "observations", message: "d.npy has no observations but 0: some must differ from 0" },
      {
        key: "reference",
        message:
          "r.npy has the value Infinity in item 1, row 1, column 1: all samples must be finite numbers",
      },
    ]);
    await assertRejects(
      () => observationOf(problem, { i: 0, key, files, folder }),
      Error,
      "d.npy has no observations",
    );
  }));
