import { assertEquals } from "@std/assert";
import { progressLine } from "../../../core/base/progress.ts";

const at = { done: 120, total: 3120, unit: "step", detail: "loss -0.512, validation -0.601 nats/dim" };

Deno.test("a line of training tells step, loss, seconds per step and the time left", () => {
  assertEquals(
    progressLine("train flow", at, { done: 100, seconds: 38 }),
    "  train flow  120/3120  loss -0.512, validation -0.601 nats/dim  0.38 s/step  19 min 0 s left",
  );
});

Deno.test("a line without a pace tells none, and at the end no time is left", () => {
  assertEquals(progressLine("simulate", { done: 3, total: 9 }, { done: 0, seconds: 0 }), "  simulate  3/9");
  assertEquals(
    progressLine("simulate", { done: 3, total: 9 }, { done: 2, seconds: 4 }),
    "  simulate  3/9  12 s left",
  );
  assertEquals(
    progressLine("train flow", { ...at, done: 3120 }, { done: 3000, seconds: 1140 }),
    `  train flow  3120/3120  ${at.detail}  0.38 s/step`,
  );
});

Deno.test("a rollback beyond the first report tells no pace", () => {
  assertEquals(
    progressLine("train flow", at, { done: -7, seconds: 3 }),
    `  train flow  120/3120  ${at.detail}`,
  );
});
