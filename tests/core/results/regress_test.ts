import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  expectationsOf,
  flatMetrics,
  movedMetrics,
  movedTable,
  readExpected,
  regressionSpecs,
  writeExpected,
} from "../../../core/results/regress.ts";
import { outcomesText, regress, type RunSpec } from "../../../core/cli/regress_command.ts";
import { UsageError } from "../../../core/base/usage.ts";

const expected = { "nominal/corrected.snr": { value: 5, tolerance: 0.3 }, b: { value: 1, tolerance: 0 } };
const metric = "nominal/corrected.snr";

Deno.test("a metric within its tolerance has not moved; one beyond it, gone, new or not a number has", () => {
  assertEquals(movedMetrics({ [metric]: 5.29, b: 1 }, expected), []);
  const [{ times, ...moved }] = movedMetrics({ [metric]: 5.6, b: 1 }, expected);
  assertEquals(moved, { metric, expected: 5, tolerance: 0.3, actual: 5.6 });
  assertEquals(Math.round(times!), 2);
  assertEquals(movedMetrics({ [metric]: NaN, b: 1 }, expected).map((m) => m.metric), [metric]);
  assertEquals(movedMetrics({ b: 1, c: 2 }, expected), [
    { metric, expected: 5, tolerance: 0.3, actual: undefined },
    { metric: "c", expected: undefined, tolerance: undefined, actual: 2 },
  ]);
});

Deno.test("an exact metric has moved by any difference, a NaN that was expected has not, the furthest come first", () => {
  assertEquals(movedMetrics({ [metric]: 5.4, b: 1 + 1e-12 }, expected).map((m) => m.metric), ["b", metric]);
  const none = { c: { value: null, tolerance: 0 } };
  assertEquals(movedMetrics({ c: NaN }, none), []);
  assertEquals(movedMetrics({ c: 1 }, none).map((m) => m.metric), ["c"]);
});

Deno.test("a tolerance is ten times what rounding moved of its kind, coverages together; solves are exact", () => {
  const actual = {
    "a/m.snr": 5,
    "a/n.snr": 7,
    "a/m.coverage90": 0.9,
    "a/m.coverage50": 0.5,
    "a/cost.solves": 28,
  };
  const rounded = {
    "a/m.snr": 5.01,
    "a/n.snr": 7,
    "a/m.coverage90": 0.89,
    "a/m.coverage50": 0.5,
    "a/cost.solves": 28,
  };
  const tolerances = Object.entries(expectationsOf(actual, rounded)).map((
    [name, { tolerance }],
  ) => [name, tolerance]);
  assertEquals(tolerances, [
    ["a/m.snr", 0.1],
    ["a/n.snr", 0.1],
    ["a/m.coverage90", 0.1],
    ["a/m.coverage50", 0.1],
    ["a/cost.solves", 0],
  ]);
  assertEquals(expectationsOf({ "a/m.rmse": 1234.5678 }, { "a/m.rmse": 1234.5678 }), {
    "a/m.rmse": { value: 1234.57, tolerance: 0.12 },
  });
  assertEquals(expectationsOf({ c: NaN }, { c: NaN }), { c: { value: null, tolerance: 0 } });
});

const summary = (snr: number, solves = 28): any => ({
  scenarios: [{
    slug: "nominal",
    reference: { snr: 6 },
    baselines: { cgls: { snr: 2 } },
    amortized: { snr: 3.14159265 },
    corrected: { snr, crps: null },
    refined: { snr: 5 },
    cost: { solves, passes: 3, seconds: 9 },
  }],
});

Deno.test("every method's metrics are gated, baselines and refined too, and the solves, but no seconds", () => {
  assertEquals(flatMetrics(summary(4)), {
    "nominal/reference.snr": 6,
    "nominal/cgls.snr": 2,
    "nominal/amortized.snr": 3.14159265,
    "nominal/corrected.snr": 4,
    "nominal/corrected.crps": NaN,
    "nominal/refined.snr": 5,
    "nominal/cost.solves": 28,
  });
});

Deno.test("the table says what moved, from what, and by how many tolerances", () => {
  const rows = [
    { spec: "a", metric: "x", expected: 5, tolerance: 0.25, actual: 6, times: 4 },
    { spec: "a", metric: "solves", expected: 28, tolerance: 0, actual: 30, times: Infinity },
    { spec: "b", metric: "y", actual: 6 },
    { spec: "b", metric: "z", expected: 1, tolerance: 0.1 },
    { spec: "b", metric: "w", expected: 1, tolerance: 0.1, actual: NaN, times: NaN },
  ];
  const [head, ...lines] = movedTable(rows).split("\n").map((line) => line.trim().split(/ {2,}/));
  assertEquals(head, ["spec", "metric", "expected", "tolerance", "got", "tolerances off"]);
  assertEquals(lines, [
    ["a", "x", "5", "0.25", "6", "4.0"],
    ["a", "solves", "28", "0", "30", "exact"],
    ["b", "y", "-", "-", "6", "new"],
    ["b", "z", "1", "0.1", "-", "gone"],
    ["b", "w", "1", "0.1", "NaN", "-"],
  ]);
});

async function withSpecs(names: readonly string[], work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  for (const name of names) await Deno.writeTextFile(`${folder}/${name}.yaml`, "");
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const never = new AbortController().signal;

Deno.test("an expectation that was written is met by the run that wrote it, and only by its like", () =>
  withSpecs(["a"], async (folder) => {
    const spec = `${folder}/a.yaml`;
    await assertRejects(
      () => readExpected(spec),
      UsageError,
      "a.yaml has no expectation yet: deno task regress a --update",
    );
    const actual = flatMetrics(summary(4));
    await writeExpected(spec, expectationsOf(actual, actual));
    assertEquals(movedMetrics(actual, await readExpected(spec)), []);
    const moved = movedMetrics(flatMetrics(summary(3, 30)), await readExpected(spec));
    assertEquals(moved.map(({ metric }) => metric), ["nominal/cost.solves", metric]);
    const text = await Deno.readTextFile(`${folder}/a.expected.json`);
    assertStringIncludes(text, `\n  "nominal/corrected.snr": { "value": 4, "tolerance": 0.0004 },\n`);
  }));

Deno.test("an unknown name is answered with the nearest", () =>
  withSpecs(["born-small", "toy"], async (folder) => {
    assertEquals(await regressionSpecs(folder, ["toy"]), [`${folder}/toy.yaml`]);
    await assertRejects(
      () => regressionSpecs(folder, ["born-smal"]),
      UsageError,
      `There is no regression spec born-smal: ${folder} has born-small, toy; did you mean born-small?`,
    );
  }));

Deno.test("a run that fails is reported, and the others go on; an update runs both engines", () =>
  withSpecs(["a", "b", "c"], async (folder) => {
    const specs = await regressionSpecs(folder), engines: string[] = [], said: string[] = [];
    const say = (line: string) => void said.push(line);
    const run = (snr: number): RunSpec => (path, engine) => {
      engines.push(engine);
      if (path.endsWith("b.yaml") && snr !== 4) throw new Error("the disk is full.");
      return Promise.resolve(summary(path.endsWith("c.yaml") ? snr : 4));
    };
    const first = await regress(specs, { run: run(4), update: true, say, signal: never });
    assertEquals(engines, ["wasm", "cpu", "wasm", "cpu", "wasm", "cpu"]);
    assertEquals(first.map(({ moved }) => moved.length), [7, 7, 7]);
    const outcomes = await regress(specs, { run: run(3), update: false, say, signal: never });
    assertEquals(outcomes.map(({ spec, moved, error }) => [spec, moved.length, error]), [
      ["a", 0, undefined],
      ["b", 0, "the disk is full."],
      ["c", 1, undefined],
    ]);
    const lines = said.slice(3).map((line) => line.replace(/ \([\d.]+ s\)$/, ""));
    assertEquals(lines, [
      "[1/3] a: 7 metrics as expected",
      "[2/3] b: the run failed: the disk is full.",
      "[3/3] c: 1 metric moved",
    ]);
    const text = outcomesText(outcomes, { json: false });
    assertStringIncludes(text, "c     nominal/corrected.snr");
    assertStringIncludes(text, "3 specs, 14 metrics: 1 moved, 1 failed");
    assertEquals(JSON.parse(outcomesText(outcomes, { json: true }))[2].moved[0].metric, metric);
  }));

Deno.test("a signal ends the whole", () =>
  withSpecs(["a", "b"], async (folder) => {
    const stop = new AbortController(), reason = new Error("stopped");
    const run: RunSpec = () => {
      stop.abort(reason);
      throw new Error("interrupted");
    };
    const specs = await regressionSpecs(folder);
    await assertRejects(
      () => regress(specs, { run, update: true, say: () => {}, signal: stop.signal }),
      Error,
      "stopped",
    );
  }));
