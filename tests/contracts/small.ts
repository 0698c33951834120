import type { Plugin, Slot, Slots, SpecContext } from "../../core/contracts/plugin.ts";
import type { Survey } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { registry } from "../../mod.ts";

/** Small options of every kind that does not do without, as a spec has them. */
const SMALL: { readonly [S in Slot]?: Readonly<Record<string, unknown>> } = {
  operator: {
    born: {
      grid: { shape: [12, 14], spacing: ["12.5 m", "20 m"] },
      background: {
        kind: "gradient",
        top: "2 km/s",
        bottom: "2.4 km/s",
        water: { depth: "25 m", velocity: "1.5 km/s" },
      },
      acquisition: {
        sources: { count: 3, depth: "12.5 m" },
        receivers: { count: 5, depth: "12.5 m" },
        wavelet: { kind: "ricker", frequency: "20 Hz" },
        record: { length: "0.12 s", interval: "1.5 ms" },
      },
      boundary: { kind: "sponge", cells: 8 },
    },
    convolution: { shape: [24, 4], frequency: "30 Hz", interval: "4 ms" },
    matrix: { rows: 4, columns: 6, seed: 1 },
    identity: { size: 5 },
    "scale-mixture": { size: 3 },
    "bernoulli-glm": { length: 4, bins: 30 },
  },
  prior: {
    "image-patches": { images: "images.npy" },
    gaussian: { mean: 0.5, covariance: { kind: "exponential", variance: 2, length: 1.5 } },
    "gaussian-mixture": { components: [{ mean: [0, 0, 1] }, { mean: [3, 1, -1], variance: 0.2 }] },
    uniform: { lower: -1, upper: 2 },
    mixture: {
      parts: [{ weight: 3, prior: { kind: "layered-geology" } }, {
        prior: { kind: "layered-geology", rms: [2, 2] },
      }],
    },
  },
  noise: {
    "band-limited": { level: { sigma: 2 } },
    gaussian: { level: { sigma: 2 } },
  },
  summary: {
    lsrtm: { iterations: 2 },
  },
  flow: {
    glow: { levels: 2, depth: 2, hidden: 8 },
    hint: { depth: 2, hidden: 8 },
    coupling: { depth: 3, hidden: 8 },
  },
  optimizer: { adam: { rate: 0.05 } },
  metric: {},
  correction: {
    evidence: { pool: 0.5 },
    "low-rank": { rank: 2 },
    flow: { depth: 1, hidden: 8 },
  },
};

/** Every kind of a slot with its small options, defaults filled in and in SI units. */
export function smallPlugins<S extends Slot>(
  slot: S,
): { plugin: Plugin<S>; options: Record<string, unknown> }[] {
  return registry.of(slot).map((plugin) => ({
    plugin: plugin as unknown as Plugin<S>,
    options: plugin.schema.parse(smallOptions(slot, plugin.kind)),
  }));
}

/** Small options of a kind, as a spec has them. */
export function smallOptions(slot: Slot, kind: string): Readonly<Record<string, unknown>> {
  const written = (SMALL[slot]?.[kind] ?? {}) as Readonly<Record<string, unknown>>;
  if (registry.get(slot, kind).schema.safeParse(written).success) return written;
  throw new Error(
    `${slot} kind ${kind} needs options: add an entry to tests/contracts/small.ts`,
  );
}

/** Whether a kind has nothing against what it would meet, as `check` asks it before a run. */
export async function fits<S extends Slot>(
  { plugin, options }: { plugin: Plugin<S>; options: Record<string, unknown> },
  context: SpecContext,
): Promise<boolean> {
  return (await plugin.preflight?.(options, context) ?? []).length === 0;
}

/** Builds a kind of a slot from its small options. */
export async function buildSmall<S extends Slot>(
  { plugin, options }: { plugin: Plugin<S>; options: Record<string, unknown> },
  context: Slots[S]["context"],
): Promise<Slots[S]["component"]> {
  return await plugin.build(options, context);
}

/** `|a - b| / |b|`. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let error = 0, norm = 0;
  for (let i = 0; i < b.length; i++) {
    error += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(error / norm);
}

/** A stand-in for the Gaussian posterior of a survey: its mean is the adjoint, its samples are that mean. */
export function adjointAsPosterior({ stacked }: Survey) {
  const moments = async (data: Vector, count?: number) => {
    const mean = new Float32Array(await stacked.adjoint(data, count));
    return { mean, std: mean.map(Math.abs) };
  };
  return {
    moments,
    async draw(data: Vector, { n }: { n: number }) {
      const { mean, std } = await moments(data), samples = new Float32Array(n * mean.length);
      for (let i = 0; i < n; i++) samples.set(mean, i * mean.length);
      return { mean, std, samples };
    },
  };
}
