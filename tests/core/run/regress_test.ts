import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  flatMetrics,
  movedMetrics,
  movedTable,
  readExpected,
  regressionSpecs,
  writeExpected,
} from "../../../core/run/regress.ts";

const expected = { "nominal/corrected.snr": { value: 5, tolerance: 0.3 }, b: { value: 1, tolerance: 0 } };

Deno.test("a metric within its tolerance has not moved, one beyond it, gone, new or not a number has", () => {
  const metric = "nominal/corrected.snr";
  assertEquals(movedMetrics({ [metric]: 5.29, b: 1 }, expected), []);
  assertEquals(movedMetrics({ [metric]: 5.31, b: 1 }, expected), [
    { metric, expected: 5, tolerance: 0.3, actual: 5.31 },
  ]);
  assertEquals(movedMetrics({ [metric]: NaN, b: 1 }, expected).map((m) => m.metric), [metric]);
  assertEquals(movedMetrics({ b: 1, c: 2 }, expected), [
    { metric, expected: 5, tolerance: 0.3, actual: undefined },
    { metric: "c", expected: undefined, tolerance: undefined, actual: 2 },
  ]);
});

Deno.test("the table says what moved, and from what", () => {
  assertEquals(movedTable("a.yaml", []), "a.yaml: as expected");
  const [title, line] = movedTable("a.yaml", [{ metric: "x", expected: 5, tolerance: 0.3, actual: 6 }]).split(
    "\n",
  );
  assertEquals(title, "a.yaml: 1 metric moved");
  assertEquals(line.replace(/ +/g, " "), " x expected 5.000 ± 0.3000 got 6.000");
  assertStringIncludes(movedTable("a.yaml", [{ metric: "x", actual: 6 }]), "expected         - ");
});

Deno.test("an expectation that was written is met by the run that wrote it, and only by its like", async () => {
  const folder = await Deno.makeTempDir(), spec = `${folder}/a.yaml`;
  await Deno.writeTextFile(spec, "");
  await assertRejects(
    () => readExpected(spec),
    Error,
    "a.yaml has no expectation yet: deno task regress a --update",
  );
  const summary: any = {
    scenarios: [{ slug: "nominal", amortized: { snr: 3.14159265 }, corrected: { snr: 4, crps: 0.5 } }],
  };
  const actual = flatMetrics(summary);
  assertEquals(Object.keys(actual), [
    "nominal/amortized.snr",
    "nominal/corrected.snr",
    "nominal/corrected.crps",
  ]);
  await writeExpected(spec, actual);
  assertEquals(movedMetrics(actual, await readExpected(spec)), []);
  const moved = movedMetrics({ ...actual, "nominal/corrected.snr": 3 }, await readExpected(spec));
  assertEquals(moved.map(({ metric }) => metric), ["nominal/corrected.snr"]);
  assertEquals(await regressionSpecs(folder), [spec]);
  await assertRejects(
    () => regressionSpecs(folder, ["b"]),
    Error,
    `There is no regression spec b: ${folder} has a`,
  );
  await Deno.remove(folder, { recursive: true });
});
