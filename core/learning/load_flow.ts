import { join } from "node:path";
import type { Flow, FlowShapes, Params } from "../contracts/flow.ts";
import { admit } from "../data/admit.ts";
import { dispose } from "../engine/mod.ts";
import { type AmortizedPosterior, drawPosterior, posteriorMoments } from "../inference/draw.ts";
import { flowShapes, type Standardization } from "../inference/standardize.ts";
import { sizeOf } from "../base/shape.ts";
import type { Key } from "../base/random.ts";
import { digest } from "../base/files.ts";
import {
  decodeWeights,
  DESCRIPTION,
  type Description,
  parseDescription,
  probe,
  WEIGHTS,
} from "./flow_file.ts";
import type { Registry } from "../registry/registry.ts";
import { build } from "../registry/build.ts";
import type { Space } from "../contracts/vector.ts";

/**
 * Largest deviation of the probe's values over their RMS. The engines differ by some 1e-6 in a flow that trained well,
 * by up to 2e-3 in one whose values explode; other code differs by far more.
 */
const PROBE_TOLERANCE = 1e-2;

/** Draws `n` samples from `key`. `batch` samples are computed at once; the draws do not depend on it. */
interface SampleOptions {
  readonly n: number;
  readonly key: Key;
  readonly batch?: number;
}

/** A trained flow that samples the posterior of a summary. The summary must be like those of its training. */
export interface TrainedFlow {
  readonly posterior: AmortizedPosterior;
  /** Posterior samples for a summary [size], flat [n, size], in the unknown's own unit. */
  sample(summary: Float32Array, options: SampleOptions): Promise<Float32Array>;
  /**
   * The pointwise mean and standard deviation of the same samples, each [size]. The memory does not grow with `n`.
   */
  moments(
    summary: Float32Array,
    options: SampleOptions,
  ): Promise<{ mean: Float32Array; std: Float32Array }>;
  /** Frees the weights. */
  close(): void;
}

/**
 * Loads the trained flow of `<run folder>/flow` onto the open engine. The format, the version, the SHA-256 of the
 * weights and the flow's output for a probe are verified. If one of them is wrong, the error says which.
 */
export async function loadFlow(folder: string, registry: Registry): Promise<TrainedFlow> {
  const text = new TextDecoder().decode(await readPart(folder, DESCRIPTION));
  const description = await parseDescription(text, join(folder, DESCRIPTION));
  const weights = await readPart(folder, WEIGHTS), sum = await digest(weights);
  if (sum !== description.weights) {
    throw new Error(
      `${join(folder, WEIGHTS)} does not belong to its ${DESCRIPTION}: its SHA-256 begins with ` +
        `${sum.slice(0, 8)} in place of ${description.weights.slice(0, 8)}. ` +
        "It is damaged, truncated or of another flow.",
    );
  }
  const { params, mask } = decodeWeights(weights);
  const standardization = standardizationFrom(description.standardization, mask);
  try {
    const flow = await buildFlow(description, { folder, registry, shapes: flowShapes(standardization) });
    await checkProbe({ flow, params }, { expected: description.probe, folder });
    return trainedFlow({ flow, params, standardization });
  } catch (error) {
    dispose(params);
    throw error;
  }
}

async function readPart(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(join(folder, name));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`There is no ${name} in ${folder}: a run leaves its trained flow in <run folder>/flow.`);
  }
}

/** The statistics that a `flow.json` holds, with the mask of its weights. */
export function standardizationFrom(
  { x, y, bounds, xMean, xScale, yMean, yScale }: Description["standardization"],
  mask: Float32Array,
): Standardization {
  const f64 = (values: readonly number[]) => Float64Array.from(values);
  const box = bounds && { lower: f64(bounds.lower), upper: f64(bounds.upper) };
  return {
    x: spaceFrom(x),
    y: spaceFrom(y),
    mask,
    bounds: box,
    xMean: f64(xMean),
    xScale: f64(xScale),
    yMean: f64(yMean),
    yScale: f64(yScale),
  };
}

type StoredSpace = Description["standardization"]["x"];

/** Older files do not say the kind of a space: one axis was a vector, two were an image, three were moments. */
function spaceFrom({ name, kind, shape }: StoredSpace): Space {
  return { name, kind: kind ?? (["vector", "image", "moments"] as const)[shape.length - 1], shape };
}

async function buildFlow(
  { flow: { kind, ...options } }: Description,
  { folder, registry, shapes }: { folder: string; registry: Registry; shapes: FlowShapes },
): Promise<Flow> {
  const { success, data, error } = registry.get("flow", kind).schema.safeParse(options);
  if (success) return await build(registry, "flow", { declaration: { kind, ...data }, context: shapes });
  const { path, message } = error.issues[0];
  throw new Error(
    `The flow in ${folder} is of kind ${kind} with options that this driftless does not have: ` +
      `${[...path, message].join(": ")}.`,
  );
}

async function checkProbe(
  { flow, params }: { flow: Flow; params: Params },
  { expected, folder }: { expected: readonly number[]; folder: string },
): Promise<void> {
  const probed = await probe(flow, params).catch((error) => {
    throw new Error(`The flow in ${folder} does not fit this driftless's flows: ${error.message}`);
  });
  const rms = Math.hypot(...expected) / Math.sqrt(expected.length);
  const worst = Math.max(...expected.map((v, i) => Math.abs(probed[i] - v))) / rms;
  if (worst <= PROBE_TOLERANCE) return;
  throw new Error(
    `The flow in ${folder} computes otherwise here than where it was trained: its probe deviates by ` +
      `${
        worst.toPrecision(2)
      } of its RMS, at most ${PROBE_TOLERANCE} is rounding. Use the driftless that trained it.`,
  );
}

function trainedFlow(posterior: AmortizedPosterior): TrainedFlow {
  const { shape } = posterior.standardization.y, size = sizeOf(posterior.standardization.y);
  const checked = (summary: Float32Array) => {
    if (summary.length === size) {
      return admit({ data: summary, shape }, { from: "The summary", what: "values", must: "be finite" }).data;
    }
    throw new Error(`The summary has ${summary.length} values: this flow takes [${shape}], ${size} values.`);
  };
  return {
    posterior,
    sample: async (summary, options) => await drawPosterior(posterior, checked(summary), options),
    moments: async (summary, options) => await posteriorMoments(posterior, checked(summary), options),
    close: () => dispose(posterior.params),
  };
}
