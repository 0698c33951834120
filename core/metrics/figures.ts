import { Uncomputable } from "../base/uncomputable.ts";

/** Numbers by name, and the reason of each that cannot be computed. No number is NaN or infinite. */
export interface Figures {
  readonly values: Readonly<Record<string, number>>;
  readonly absent: Readonly<Record<string, string>>;
}

/** What a computation gives, or why it cannot be done with these data; any other error is the program's, and passes. */
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
 * The numbers that a computation gives. Where it cannot be done, all of `names` are absent with its reason; and so is
 * each number that is not finite. Numbers that do not apply, such as the coverage of a point estimate, are neither.
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

/** None of the names has a number, for one reason. */
export function allAbsent(names: readonly string[], reason: string): Figures {
  return { values: {}, absent: Object.fromEntries(names.map((name) => [name, reason])) };
}

/** All of several sets, later ones over earlier ones. */
export function joined(sets: readonly Figures[]): Figures {
  return {
    values: Object.assign({}, ...sets.map(({ values }) => values)),
    absent: Object.assign({}, ...sets.map(({ absent }) => absent)),
  };
}
