import { z } from "zod";
import type { Flow, FlowShapes, Params } from "../contracts/flow.ts";
import type { Declaration } from "../contracts/spec.ts";
import { dispose, flatten, read, scope, tensor, unflatten } from "../engine/mod.ts";
import type { AmortizedPosterior } from "../inference/draw.ts";
import { fold, normals, rootKey } from "../base/random.ts";
import type { StageFiles } from "../store/cache.ts";
import { canonicalJson, digest } from "../base/files.ts";
import type { Path } from "../spec/path.ts";
import { pathText } from "../spec/path_text.ts";
import { decodeSafetensors, encodeSafetensors } from "../store/safetensors.ts";
import { sizeOf } from "../base/shape.ts";
import { SPACE_KINDS } from "../contracts/vector.ts";

const FORMAT = "driftless-flow", VERSION = 1;
export const DESCRIPTION = "flow.json", WEIGHTS = "weights.safetensors";

/** Number of values of the probe's output that are stored. They are spread evenly over its components. */
const PROBE_VALUES = 64;

const space = z.strictObject({
  name: z.string(),
  kind: z.enum(SPACE_KINDS).optional().describe("absent in files that are older than it"),
  shape: z.array(z.int().positive()).min(1),
});
const statistics = z.array(z.number()).min(1);
const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  flow: z.looseObject({ kind: z.string() }),
  standardization: z.strictObject({
    x: space,
    y: space,
    bounds: z.strictObject({ lower: statistics, upper: statistics }).optional(),
    xMean: statistics,
    xScale: statistics,
    yMean: statistics,
    yScale: statistics,
  }),
  probe: statistics,
  weights: z.string().describe("SHA-256 of the weights' file"),
  self: z.string().describe("SHA-256 of this description without this line"),
});

/** The content of `flow.json`. */
export type Description = z.output<typeof schema>;

/** The files of a trained flow: its weights, and what is needed to use and verify them. */
export async function encodeFlow(
  declaration: Declaration,
  { flow, params, standardization: s }: AmortizedPosterior,
): Promise<StageFiles> {
  const weights = encodeSafetensors({
    ...prefixed(await flatten(params)),
    mask: { shape: s.x.shape, values: s.mask },
  });
  const description: Unsigned = {
    format: FORMAT,
    version: VERSION,
    flow: { ...declaration },
    standardization: {
      x: { ...s.x, shape: [...s.x.shape] },
      y: { ...s.y, shape: [...s.y.shape] },
      ...(s.bounds && { bounds: { lower: [...s.bounds.lower], upper: [...s.bounds.upper] } }),
      xMean: [...s.xMean],
      xScale: [...s.xScale],
      yMean: [...s.yMean],
      yScale: [...s.yScale],
    },
    probe: await probe(flow, params),
    weights: await digest(weights),
  };
  const signed = { ...description, self: await selfDigest(description) };
  const text = new TextEncoder().encode(JSON.stringify(signed, null, 2) + "\n");
  return { [WEIGHTS]: weights, [DESCRIPTION]: text };
}

type Unsigned = Omit<Description, "self">;

function selfDigest(description: Unsigned): Promise<string> {
  return digest(canonicalJson(description));
}

const PREFIX = "flow/";

function prefixed<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [PREFIX + name, value]));
}

/** The flow's parameters, which the caller owns, and the mask of a weights file. */
export function decodeWeights(bytes: Uint8Array): { params: Params; mask: Float32Array } {
  const { mask, ...rest } = decodeSafetensors(bytes).tensors;
  const names = Object.keys(rest).map((name) => [name, name.slice(PREFIX.length)]);
  return {
    params: unflatten(Object.fromEntries(names.map(([name, parameter]) => [parameter, rest[name]]))),
    mask: mask.values,
  };
}

/** Reads the content of a `flow.json`. A text of another format or version is an error that says so. */
export async function parseDescription(text: string, place: string): Promise<Description> {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${place} is not JSON: it is damaged or truncated.`);
  }
  if (value?.format !== FORMAT) throw new Error(`${place} describes no trained flow of driftless.`);
  if (value.version !== VERSION) {
    throw new Error(
      `${place} is of format version ${value.version}: this driftless reads version ${VERSION}.`,
    );
  }
  const { success, data, error } = schema.safeParse(value);
  if (!success) {
    const [{ path, message }] = error.issues;
    throw new Error(`${place} is damaged: ${pathText(path as Path)}: ${message}.`);
  }
  const { self, ...description } = data;
  if (await selfDigest(description) === self) return data;
  throw new Error(
    `${place} is damaged or was edited: it does not have the SHA-256 that it was written with.`,
  );
}

/** `f^-1(z; y)` of one fixed z and y, N(0, 1) in every component; {@link PROBE_VALUES} of its components. */
export async function probe(flow: Flow, params: Params): Promise<number[]> {
  const key = fold(rootKey(0), "probe"), { shapes } = flow, size = sizeOf({ shape: shapes.x });
  const input = (name: keyof FlowShapes) =>
    tensor(normals(fold(key, name), sizeOf({ shape: shapes[name] })), [1, ...shapes[name]]);
  const x = scope(() => flow.inverse(params, input("x"), input("context")));
  const values = await read(x);
  dispose({ x });
  const count = Math.min(PROBE_VALUES, size);
  return Array.from({ length: count }, (_, i) => values[Math.floor(i * size / count)]);
}
