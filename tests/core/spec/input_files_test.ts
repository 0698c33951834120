import { assertEquals, assertMatch } from "@std/assert";
import { encodeNpy, type NpyData } from "../../../core/data/npy.ts";
import { loadSpec, preflight, preflighter } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";
import { encodeSegy } from "../../../physics/segy.ts";
import { hdf5File } from "../data/hdf5_files.ts";
import { TINY_IMAGING } from "../run/program.ts";
import { task } from "../cli/task.ts";

const IMAGES_ONLY = TINY_IMAGING.replace(/flow:.*\n/, ""), SIZE = 16 * 16, DATA = 2 * 4 * 145;
const STACK = "prior: { kind: image-patches, images: images.npy }";
const SPEC = `${IMAGES_ONLY.replace(/prior: .*/, STACK)}evaluation: { observations: 1 }\n`;

const TOY = `name: toy
seed: 3
prior: { kind: image-patches, images: IMAGES }
operator: { kind: identity, shape: [3, 4] }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
evaluation: { observations: 1, samples: 8, baselines: [cgls] }
`;

const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * i));

/** Runs a test in a folder with files, and takes it away. */
async function withFiles(
  files: Readonly<Record<string, Uint8Array>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${folder}/${name}`, bytes);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const npy = (data: NpyData, shape: number[]) => encodeNpy(data, shape);
const IMAGES = { "images.npy": npy(wave(3 * SIZE), [3, 16, 16]) };

const loaded = (folder: string, text: string) => loadSpec(`${folder}/spec.yaml`, { registry, text });

/** What preflight says, as "line:column: path: message". */
async function said(folder: string, text: string): Promise<string[]> {
  return (await preflight(await loaded(folder, text), registry)).map(({ line, column, path, message }) =>
    `${line}:${column}: ${path}: ${message.replaceAll(`${folder}/`, "")}`
  );
}

Deno.test("files are read before a run, and their faults have the lines of the options that name them", () =>
  withFiles({
    ...IMAGES,
    "small.npy": npy(wave(3 * 64), [3, 8, 8]),
    "d.npy": npy(wave(3 * DATA), [3, DATA]),
    "e.npy": npy(wave(3 * 7), [3, 7]),
    "x.npy": npy(wave(3 * SIZE), [3, SIZE]),
  }, async (folder) => {
    const judged = (rest: string) => SPEC.replace("observations: 1", `observations: 1, ${rest}`);
    assertEquals(await said(folder, SPEC), []);
    assertEquals(await said(folder, judged("files: { observations: d.npy, truths: x.npy }")), []);
    assertEquals(await said(folder, SPEC.replace("images.npy", "small.npy")), [
      "3:39: prior.images: small.npy has the shape [3, 8, 8]: it must be [n, 16, 16], as the operator's unknown",
    ]);
    assertEquals(await said(folder, judged("files: { observations: e.npy, truths: x.npy }")), [
      `15:55: evaluation.files.observations: e.npy has rows of 7 numbers, shape [3,7]: the data of this operator ` +
      `have ${DATA}`,
    ]);
    assertEquals(await said(folder, judged("prior: { images: gone.npy }")), [
      "15:49: evaluation.prior.images: there is no file gone.npy",
    ]);
    assertEquals(await said(folder, `${SPEC}shifts:\n  - { name: a, prior: { images: gone.npy } }\n`), [
      "17:33: shifts.a.prior.images: there is no file gone.npy",
    ]);
  }));

Deno.test("an operator that tells no cost tells the shapes that files must have, too", () =>
  withFiles({ ...IMAGES, "d.npy": npy(wave(6), [1, 6]), "x.npy": npy(wave(12), [1, 12]) }, async (folder) => {
    const toy = TOY.replace("IMAGES", "images.npy").replace("observations: 1", "observations: 1, FILES");
    const both = toy.replace("FILES", "files: { observations: d.npy, truths: x.npy }");
    assertEquals(await said(folder, both), [
      "3:39: prior.images: images.npy has the shape [3, 16, 16]: it must be [n, 3, 4], as the operator's unknown",
      "7:55: evaluation.files.observations: d.npy has rows of 6 numbers, shape [1,6]: the data of this operator " +
      "have 12",
    ]);
  }));

Deno.test("a velocity model of revision 0 is read whatever its unassigned bytes hold", () => {
  const places = {
    cdp: 0,
    sourceX: 0,
    receiverX: 0,
    sourceElevation: 0,
    receiverElevation: 0,
    sourceDepth: 0,
  };
  const samples = Float32Array.from({ length: 16 }, (_, z) => 2500 + 20 * z);
  const traces = new Array(16).fill({ ...places, samples });
  const blanks = encodeSegy({ text: [], interval: 1e-3, format: "ieee", littleEndian: false, traces });
  blanks.fill(0x20, 3260, 3600);
  const spec = SPEC.replace(STACK, "prior: { kind: layered-geology }")
    .replace(
      /background: .*/,
      "background: { kind: file, path: blanks.sgy, water: { depth: 25 m, velocity: 1.5 km/s } }",
    );
  return withFiles({ "blanks.sgy": blanks }, async (folder) => assertEquals(await said(folder, spec), []));
});

Deno.test("specs that share files have them read once", () =>
  withFiles(IMAGES, async (folder) => {
    const ask = preflighter(registry);
    assertEquals(await ask(await loaded(folder, SPEC)), []);
    await Deno.remove(`${folder}/images.npy`);
    assertEquals(await ask(await loaded(folder, SPEC.replace("seed: 5", "seed: 6"))), []);
    assertEquals((await preflight(await loaded(folder, SPEC), registry)).length, 1);
  }));

Deno.test("a file that cannot be read ends check and run with exit code 2 and one line, and nothing is written", async () => {
  const table = new TextEncoder().encode("index,zone\n0,a\n1,b,c\n");
  await withFiles(
    { "lzf.h5": await hdf5File("lzf"), "t.csv": table, "few.npy": npy(wave(36), [3, 3, 4]) },
    async (folder) => {
      const prepare = `cp ${folder}/* .`;
      const hdf5 = await task("check", ["spec.yaml"], { spec: TOY.replace("IMAGES", "lzf.h5"), prepare });
      assertMatch(
        hdf5.err,
        /^spec\.yaml:3:39: prior\.images: Cannot read .*lzf\.h5: The data set images is compressed by lzf, [^\n]*$/,
      );
      const csv = await task("run", ["spec.yaml"], {
        spec: TOY.replace("IMAGES", "few.npy, table: t.csv"),
        prepare,
      });
      assertMatch(
        csv.err,
        /^spec\.yaml:3:55: prior\.table: Cannot read .*t\.csv: Line 3 has 3 fields: [^\n]*$/,
      );
      const left = ["few.npy", "in", "lzf.h5", "spec.yaml", "t.csv"];
      assertEquals([hdf5.code, hdf5.left, csv.code, csv.left], [2, left, 2, left]);
    },
  );
});
