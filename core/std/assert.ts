/** The calls of JSR's @std/assert that the project uses, over node:assert: same names, same arguments. */
import nodeAssert from "node:assert/strict";

export const AssertionError = nodeAssert.AssertionError;

function check(condition: boolean, message: string, hint?: string): asserts condition {
  if (!condition) throw new AssertionError({ message: hint ? `${message}: ${hint}` : message });
}

export function assert(expr: unknown, msg = "Expected a truthy value"): asserts expr {
  check(Boolean(expr), msg);
}

export function fail(msg?: string): never {
  throw new AssertionError({ message: msg ? `Failed: ${msg}` : "Failed" });
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.deepEqual(actual, expected, msg);
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.notDeepEqual(actual, expected, msg);
}

/** Default tolerance 1e-7, as JSR's. */
export function assertAlmostEquals(actual: number, expected: number, tolerance = 1e-7, msg?: string): void {
  const close = Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance;
  check(close, `Expected ${actual} to lie within ${tolerance} of ${expected}`, msg);
}

export function assertLess(actual: number, expected: number, msg?: string): void {
  check(actual < expected, `Expected ${actual} < ${expected}`, msg);
}

export function assertLessOrEqual(actual: number, expected: number, msg?: string): void {
  check(actual <= expected, `Expected ${actual} <= ${expected}`, msg);
}

export function assertGreater(actual: number, expected: number, msg?: string): void {
  check(actual > expected, `Expected ${actual} > ${expected}`, msg);
}

export function assertGreaterOrEqual(actual: number, expected: number, msg?: string): void {
  check(actual >= expected, `Expected ${actual} >= ${expected}`, msg);
}

export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  check(actual !== undefined && actual !== null, `Expected a value, got ${actual}`, msg);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  check(
    actual.includes(expected),
    `Expected ${JSON.stringify(actual)} to include ${JSON.stringify(expected)}`,
    msg,
  );
}

export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  check(expected.test(actual), `Expected ${JSON.stringify(actual)} to match ${expected}`, msg);
}

// deno-lint-ignore ban-types
export function assertInstanceOf(actual: unknown, expectedType: Function, msg?: string): void {
  check(
    actual instanceof (expectedType as new () => unknown),
    `Expected an instance of ${expectedType.name}`,
    msg,
  );
}

type ErrorClass = abstract new (...args: never[]) => Error;

function checkError(error: unknown, { type, includes }: { type?: ErrorClass; includes?: string }): void {
  check(error instanceof Error, `Expected an Error, got ${String(error)}`);
  check(!type || error instanceof type, `Expected ${type?.name}, got ${error.name}: ${error.message}`);
  check(
    !includes || error.message.includes(includes),
    `Expected message ${JSON.stringify(error.message)} to include`,
    includes,
  );
}

export function assertThrows(fn: () => unknown, type?: ErrorClass, includes?: string): Error {
  try {
    fn();
  } catch (error) {
    checkError(error, { type, includes });
    return error as Error;
  }
  fail("Expected the function to throw");
}

export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  type?: ErrorClass,
  includes?: string,
): Promise<Error> {
  try {
    await fn();
  } catch (error) {
    checkError(error, { type, includes });
    return error as Error;
  }
  fail("Expected the promise to reject");
}
