import { Uncomputable } from "../base/uncomputable.ts";

/** Numbers by name, and the reasons of those that cannot be computed. No number is NaN or infinite. */
export interface Figures {
  readonly values: Readonly<Record<string, number>>;
  readonly absent: Readonly<Record<string, string>>;
}

/**
 * Runs a computation. Returns its value, or the reason why these data do not allow it. Any other error is a fault of
 * the program and is thrown.
 */
export async function attempt<T>(
  compute: () => T | Promise<T>,
): Promise<{ readonly value: T; readonly reason?: undefined } | { readonly reason: string }> {
  try {
    return { value: await compute() };
  } catch (error) {
    if (error instanceof Uncomputable) return { reason: error.message };
    throw error;
  }
}

/** Undefined: the number does not apply. */
type Computed = Readonly<Record<string, number | undefined>>;

/**
 * Runs a computation of the numbers `names`. If it is not possible, all of them are absent with its reason. A number
 * that is not finite is absent too. Numbers that do not apply, such as the coverage of a point estimate, are left out
 * and are not absent.
 */
export async function figuresOf(
  names: readonly string[],
  compute: () => Computed | Promise<Computed>,
): Promise<Figures> {
  const tried = await attempt(compute);
  if (tried.reason !== undefined) return allAbsent(names, tried.reason);
  const entries = Object.entries(tried.value).flatMap(([name, v]) =>
    v === undefined ? [] : [[name, v] as const]
  );
  const finite = entries.filter(([, v]) => Number.isFinite(v));
  const rest = entries.filter(([, v]) => !Number.isFinite(v)).map(([name, v]) => [name, `The value is ${v}`]);
  return { values: Object.fromEntries(finite), absent: Object.fromEntries(rest) };
}

/** Marks all names as absent for one reason. */
export function allAbsent(names: readonly string[], reason: string): Figures {
  return { values: {}, absent: Object.fromEntries(names.map((name) => [name, reason])) };
}

/** Joins several sets. Later ones override earlier ones. */
export function joined(sets: readonly Figures[]): Figures {
  return {
    values: Object.assign({}, ...sets.map(({ values }) => values)),
    absent: Object.assign({}, ...sets.map(({ absent }) => absent)),
  };
}
