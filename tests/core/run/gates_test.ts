import { assertEquals } from "@std/assert";
import { judgeGates } from "../../../core/run/gates.ts";

const scenario = (slug: string, amortized: number[], corrected: number[]) => ({
  name: slug,
  slug,
  values: { amortized: amortized.map((snr) => ({ snr })), corrected: corrected.map((snr) => ({ snr })) },
  cost: { solves: 0, passes: 0, seconds: 0 },
});
const scenarios = [scenario("nominal", [4, 6], [5, 7]), scenario("more-noise", [1, 1], [4, 4])];

Deno.test("a gate judges the mean over scenarios, or over the one it names", () => {
  const judged = judgeGates({
    "corrected.snr": ">= 5 dB",
    "corrected.snr_gain": "> 2",
    "nominal/corrected.snr_gain": ">= 1.5 dB",
    "more-noise/amortized.snr": "< 1.5",
  }, scenarios);
  assertEquals(judged.map((g) => g.value), [5, 2, 1, 1]);
  assertEquals(judged.map((g) => g.passed), [true, false, false, true]);
});

Deno.test("a gate on a value that does not exist fails", () => {
  const [gate] = judgeGates({ "corrected.coverage90": ">= 0" }, scenarios);
  assertEquals([gate.value, gate.passed], [NaN, false]);
});
