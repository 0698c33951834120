import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import type { ArrayStore, LinearOperator, StoredArray, Survey } from "../../core/contracts/operator.ts";
import { openEngine, tensorCount } from "../../core/engine/mod.ts";
import { dotTest } from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { fold, normals, rootKey } from "../../core/base/random.ts";
import { arrayStore, stageCache } from "../../core/store/cache.ts";
import { assembledSurvey } from "../../physics/assembled.ts";
import { bornSurvey } from "../../physics/born.ts";
import { positionsOf } from "../../physics/acquisition.ts";
import type { Grid } from "../../physics/grid.ts";
import { born } from "../../physics/operators/born.ts";
import { relativeError, smallGeometry } from "./small.ts";

await openEngine("wasm");

const key = rootKey(3), memory = 1e8;
const solver = () => bornSurvey(smallGeometry(), { engine: "oracle" });

/** Runs `work` on a survey that solves wave equations and on the same one by matrices. */
async function withBoth(work: (waves: Survey, assembled: Survey) => Promise<void>): Promise<void> {
  const waves = solver(), assembled = await assembledSurvey(solver(), { memory });
  try {
    await work(waves, assembled);
  } finally {
    await waves.close();
    await assembled.close();
  }
}

/** Errors of J and J^T of `count` vectors in a row, relative to the waves'. */
async function errors(by: LinearOperator, waves: LinearOperator, count: number): Promise<[number, number]> {
  const x = normals(fold(key, "x"), count * sizeOf(waves.domain));
  const d = normals(fold(key, "d"), count * sizeOf(waves.range));
  const double = (v: Float32Array) => new Float64Array(v);
  return [
    relativeError(await by.forward(x, count), await waves.forward(double(x), count)),
    relativeError(await by.adjoint(d, count), await waves.adjoint(double(d), count)),
  ];
}

Deno.test("matrices give what the waves give: single shots, all shots, batches, simultaneous sources", () =>
  withBoth(async (waves, assembled) => {
    const weights = Float64Array.of(1, -0.5, 2),
      pairs: [string, LinearOperator, LinearOperator][] = [
        ["shot", assembled.shot(1), waves.shot(1)],
        ["stacked", assembled.stacked, waves.stacked],
        ["encoded", assembled.encoded(weights), waves.encoded(weights)],
      ];
    for (const [name, by, wave] of pairs) {
      for (const count of [1, 3]) {
        for (const error of await errors(by, wave, count)) assertLess(error, 5e-5, `${name} of ${count}`);
      }
    }
    assertLess(await dotTest(assembled.stacked, { key, precision: "f32" }), 1e-8);
  }));

Deno.test("a matrix that is multiplied in several blocks of cells is the same one", async () => {
  const grid: Grid = { shape: [50, 56], spacing: [12.5, 20] };
  const geometry = smallGeometry({
    grid,
    velocity: new Float64Array(50 * 56).fill(2200),
    sources: [[25, 500]],
    receivers: [positionsOf({ count: 44, depth: 25 }, grid)],
  });
  const survey = bornSurvey(geometry, { engine: "oracle" });
  const assembled = await assembledSurvey(survey, { memory });
  try {
    const { range } = await assembled.assemble!();
    assertLess(2 ** 24, 4 * 47 * 56 * sizeOf(range), "one block holds it all");
    for (const error of await errors(assembled.stacked, survey.stacked, 2)) assertLess(error, 6e-5);
  } finally {
    await assembled.close();
  }
});

Deno.test("results have the argument's precision, muted rows are blind, and wrong lengths are refused", () =>
  withBoth(async (waves, assembled) => {
    const { stacked, mask, solves } = assembled, before = solves.count;
    const x = Float64Array.from(mask, (free) => 1 - free),
      d = new Float64Array(sizeOf(stacked.range)).fill(1);
    const blind = await stacked.forward(x), image = await stacked.adjoint(d);
    assert(blind instanceof Float64Array && blind.every((v) => v === 0));
    assert(image instanceof Float64Array && image.every((v, i) => (v === 0) === (mask[i] === 0)));
    assertEquals(solves.count, before, "products solve nothing");
    await assertRejects(() => stacked.forward(x, 2), Error, "it must have 532");
    await assertRejects(() => Promise.try(() => assembled.shot(3).forward(x)), Error, "0 to 2");
    assertEquals(assembled.shotRange, waves.shotRange);
  }));

Deno.test("the matrices are found again, and solve nothing then; without one of them it is made again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const store = arrayStore(stageCache(folder, { experiment: "test", say: () => {} }), {
      stage: "array",
      reads: { operator: "small" },
      upstream: [],
      files: {},
      sources: {},
    });
    const solves: number[] = [], results: unknown[] = [];
    const lost: ArrayStore = {
      ...store,
      load: async (name) => name === "shot 1" ? undefined : await store.load(name),
    };
    for (const from of [store, store, lost]) {
      const tensors = tensorCount().tensors,
        survey = await assembledSurvey(solver(), { memory, store: from });
      solves.push(survey.solves.count);
      results.push(await survey.stacked.forward(normals(key, 266)));
      await survey.close();
      assertEquals(tensorCount().tensors, tensors);
    }
    assertEquals(solves, [3 * (1 + 24) + 5, 0, 3 * (1 + 24) + 5]);
    assertEquals(results[1], results[0]);
    assertEquals(results[2], results[0]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an assembled survey assembles itself without another solve", () =>
  withBoth(async (waves, assembled) => {
    const [again, first] = [await assembled.assemble!(), await waves.assemble!()];
    assertEquals(again.solves, 0);
    assertEquals(again.range, first.range);
    for (let i = 0; i < 3; i++) assertEquals(await again.transposed(i), await first.transposed(i));
  }));

Deno.test("what does not fit the memory is refused, Green's functions before anything is solved", async () => {
  const survey = solver();
  try {
    const refused = (memory: number) =>
      assertRejects(
        () => assembledSurvey(survey, { memory }),
        Error,
        "take fewer cells, receivers or sources",
      );
    await refused(4e5); // Green's functions take 5e5 bytes
    assertEquals(survey.solves.count, 0);
    await refused(6e5); // matrices of 3 shots take 1.3e6
  } finally {
    await survey.close();
  }
});

Deno.test("a spread that moves with its source is refused", async () => {
  const { sources, receivers: [spread] } = smallGeometry();
  const survey = bornSurvey(smallGeometry({ receivers: sources.map(() => spread) }), { engine: "oracle" });
  try {
    await assertRejects(() => assembledSurvey(survey, { memory }), Error, "cannot be assembled");
  } finally {
    await survey.close();
  }
});

const declaration = {
  grid: { shape: [20, 20], spacing: ["12.5 m", "20 m"] },
  background: { kind: "constant", velocity: "2.5 km/s" },
  acquisition: {
    sources: { count: 2, depth: "25 m" },
    receivers: { count: 4, depth: "25 m" },
    wavelet: { kind: "ricker", frequency: "25 Hz" },
    record: { length: "0.3 s", interval: "1.378 ms" },
  },
  boundary: { kind: "sponge", cells: 12 },
  assemble: true,
};

Deno.test("preflight says that a streamer cannot be assembled", async () => {
  const remarks = await born.preflight!(
    born.schema.parse({
      ...declaration,
      acquisition: {
        ...declaration.acquisition,
        sources: { count: 2, depth: "25 m", first: "250 m", last: "300 m" },
        receivers: { kind: "streamer", count: 4, depth: "25 m", offset: "50 m", interval: "40 m" },
      },
    }),
    { specFolder: "." },
  );
  assertEquals(remarks.map(({ path }) => path), [["assemble"]]);
});

Deno.test("assemble is an option of the operator, and its arrays go to the store", async () => {
  const options = born.schema.parse({ ...declaration, data: "nonlinear" });
  const arrays = new Map<string, StoredArray>();
  const store: ArrayStore = {
    load: (name) => Promise.resolve(arrays.get(name)),
    save: (name, array) => Promise.resolve(void arrays.set(name, array)),
  };
  const survey = await born.build(options, { resources: { workers: 1, memory }, store });
  try {
    assertEquals([...arrays.keys()], ["interpolation", "shot 0", "shot 1"]);
    assert(survey.nonlinearData);
    const solved = survey.solves.count;
    await survey.stacked.forward(new Float32Array(400));
    assertEquals(survey.solves.count, solved);
  } finally {
    await survey.close();
  }
});
