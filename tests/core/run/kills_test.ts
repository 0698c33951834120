import { assertEquals, assertLess } from "@std/assert";
import { killRuns } from "./kills.ts";

/** Steps of an epoch of the run that is killed: nine tenths of 2100 pairs in batches of 128. */
const EPOCH = 14;

Deno.test("a run killed at any moment and run again ends with the summary of an undisturbed one", async () => {
  const outcomes = await killRuns({ kills: 4, seed: 7 });
  assertEquals(outcomes.map(({ equal }) => equal), Array(4).fill(true));
  for (const { lost } of outcomes) assertLess(lost, EPOCH + 1);
});
