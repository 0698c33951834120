import { type Params, read, type Tensor, tensor } from "./tensors.ts";

/** Parameters as plain arrays, to be posted. */
export type FlatParams = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
>;

export async function flatten(params: Params): Promise<FlatParams> {
  const flat: Record<string, FlatParams[string]> = {};
  for (const [name, p] of Object.entries(params)) flat[name] = { shape: p.shape, values: await read(p) };
  return flat;
}

export function unflatten(flat: FlatParams): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(flat).map(([name, { shape, values }]) => [name, tensor(values, shape)]),
  );
}
