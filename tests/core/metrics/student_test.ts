import { assertAlmostEquals, assertEquals } from "@std/assert";
import { studentTail } from "../../../core/metrics/mod.ts";

Deno.test("Student's tail is that of tables and of closed forms, whole degrees of freedom or not", () => {
  assertAlmostEquals(studentTail(1, 1), 0.25, 1e-14); // Cauchy
  assertAlmostEquals(studentTail(3, 2), 0.5 - 3 / (2 * Math.sqrt(11)), 1e-14);
  assertAlmostEquals(studentTail(2.131846786, 4), 0.05, 1e-9);
  assertAlmostEquals(studentTail(3.5, 2.7), 0.023262802460970664, 1e-14); // SciPy 1.16, stats.t.sf
  assertAlmostEquals(studentTail(1.6448536269514722, 1e6), 0.05, 1e-6); // normal
  assertAlmostEquals(studentTail(40, 3), 1.7190340394579253e-5, 1e-15);
  assertEquals(studentTail(0, 7), 0.5);
  assertAlmostEquals(studentTail(-1, 1), 0.75, 1e-14);
});
