/** Mean of independent values and its standard error `s / sqrt n`, s with n - 1; NaN error for one value. */
export function summarise(values: readonly number[]): { mean: number; standardError: number } {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const square = values.reduce((s, v) => s + (v - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(square / (n - 1) / n) };
}
