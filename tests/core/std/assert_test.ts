import * as std from "@std/assert";
import nodeAssert from "node:assert/strict";

/** Calls that must pass, and calls that must throw an AssertionError. */
const PASS: Record<string, () => unknown> = {
  assert: () => std.assert(1),
  equals: () => std.assertEquals({ a: [1, NaN] }, { a: [1, NaN] }),
  typed: () => std.assertEquals(new Float32Array([1]), new Float32Array([1])),
  notEquals: () => std.assertNotEquals([1], [2]),
  close: () => std.assertAlmostEquals(1, 1 + 5e-8),
  less: () => std.assertLess(1, 2),
  lessOrEqual: () => std.assertLessOrEqual(2, 2),
  greater: () => std.assertGreater(2, 1),
  greaterOrEqual: () => std.assertGreaterOrEqual(2, 2),
  exists: () => std.assertExists(0),
  includes: () => std.assertStringIncludes("abc", "bc"),
  match: () => std.assertMatch("abc", /b/),
  instance: () => std.assertInstanceOf(new TypeError(), Error),
  throws: () => std.assertThrows(() => nodeAssert.fail("no wave"), Error, "wave"),
};

const FAIL: Record<string, () => unknown> = {
  assert: () => std.assert(0),
  equals: () => std.assertEquals<unknown>({ a: 1 }, { a: "1" }),
  typed: () => std.assertEquals<unknown>(new Float32Array([1]), new Float64Array([1])),
  notEquals: () => std.assertNotEquals([1], [1]),
  close: () => std.assertAlmostEquals(1, 1.1, 0.01),
  closeToNaN: () => std.assertAlmostEquals(NaN, 1, 10),
  less: () => std.assertLess(2, 2),
  lessThanNaN: () => std.assertLess(NaN, 2),
  lessOrEqual: () => std.assertLessOrEqual(3, 2),
  greater: () => std.assertGreater(2, 2),
  greaterOrEqual: () => std.assertGreaterOrEqual(1, 2),
  exists: () => std.assertExists(null),
  includes: () => std.assertStringIncludes("abc", "d"),
  match: () => std.assertMatch("abc", /d/),
  instance: () => std.assertInstanceOf(new Error(), TypeError),
  throwsNothing: () => std.assertThrows(() => {}),
  throwsOther: () => std.assertThrows(() => nodeAssert.fail("no wave"), TypeError),
  throwsOtherText: () => std.assertThrows(() => nodeAssert.fail("no wave"), Error, "flow"),
  fail: () => std.fail(),
};

Deno.test("every assertion passes on what it promises", () => {
  for (const call of Object.values(PASS)) call();
});

Deno.test("every assertion fails on what it forbids", () => {
  for (const [name, call] of Object.entries(FAIL)) {
    nodeAssert.throws(call, (error) => error instanceof std.AssertionError, name);
  }
});

Deno.test("a rejection is judged like a throw", async () => {
  const rejecting = () => Promise.reject(new RangeError("too far"));
  std.assertEquals((await std.assertRejects(rejecting, RangeError, "far")).message, "too far");
  await nodeAssert.rejects(() => std.assertRejects(() => Promise.resolve(1)));
  await nodeAssert.rejects(() => std.assertRejects(rejecting, TypeError));
});
