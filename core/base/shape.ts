/** Number of values in whatever has a shape: an array, a tensor, an element of a space. */
export function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((a, b) => a * b, 1);
}
