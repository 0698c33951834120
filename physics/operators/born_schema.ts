import { z } from "zod";
import { oneOf, quantity } from "../../core/base/units.ts";
import { type Background, waterRows } from "../background.ts";
import { rowAt } from "../grid.ts";
import { ORDERS } from "../stencil.ts";
import type { Pulse } from "../wavelet.ts";

const length = () => quantity("length", { min: "0 m" });
const positiveLength = () => quantity("length", { positive: true });
const velocity = () => quantity("velocity", { positive: true });
/** More sources, receivers or cells along an axis than any machine computes. */
const MOST = 100_000;
const count = () => z.int().min(1).max(MOST);

const frequency = () => quantity("frequency", { min: "0 Hz" });
const path = (endings: RegExp, names: string) =>
  z.string().regex(endings, { error: ({ input }) => `is "${input}": it must be ${names}` }).meta({
    file: true,
  })
    .describe(`${names}; relative to the spec's folder`);

const line = z.strictObject({
  kind: z.literal("line").optional(),
  count: count(),
  depth: length(),
  first: length().optional().describe("lateral position of the first; default the grid's first column"),
  last: length().optional().describe("lateral position of the last; default the grid's last column"),
});

const points = z.strictObject({
  kind: z.literal("points"),
  positions: z.array(z.tuple([length(), length()])).min(1).describe("[z, x] of each"),
});

const streamer = z.strictObject({
  kind: z.literal("streamer"),
  count: count(),
  depth: length(),
  offset: quantity("length").describe("from a source back to its first receiver, towards smaller x"),
  interval: positiveLength().describe("between receivers"),
});

const weights = z.array(z.number()).min(1).optional()
  .describe("factor on each source's wavelet; default 1");
const dead = z.array(z.int().min(0)).min(1).optional()
  .describe("receivers that are missing, counted from 0");

const sources = z.discriminatedUnion("kind", [line.extend({ weights }), points.extend({ weights })]);
const receivers = z.discriminatedUnion("kind", [
  line.extend({ dead }),
  points.extend({ dead }),
  streamer.extend({ dead }),
]);

const band = z.tuple([frequency(), quantity("frequency", { positive: true })])
  .refine(([low, high]) => low < high, { error: "must be [lowest, highest] in that order" })
  .optional().describe("zero-phase band limit: nothing is left outside of [lowest, highest]");
const delay = (preset: string) =>
  quantity("time", { min: "0 s" }).optional().describe(`of the peak; default ${preset}`);

const wavelet = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ricker"),
    frequency: quantity("frequency", { positive: true }).describe("of the peak"),
    delay: delay("1.2 periods"),
    band,
  }),
  z.strictObject({
    kind: z.literal("ormsby"),
    corners: z.tuple([frequency(), frequency(), frequency(), frequency()])
      .refine(([f1, f2, f3, f4]) => f1 < f2 && f2 <= f3 && f3 < f4, {
        error: "must be four frequencies f1 < f2 <= f3 < f4",
      })
      .describe("where the spectrum begins to rise, is full, begins to fall, is spent"),
    delay: delay("1 / (f2 - f1)"),
    band,
  }),
  z.strictObject({
    kind: z.literal("file"),
    path: path(/\.npy$/i, "a .npy file of samples"),
    interval: quantity("time", { positive: true }).describe("of the samples; the first is at 0 s"),
    band,
  }),
]);

const aboveRock = {
  water: z.strictObject({ depth: length(), velocity: velocity() }).optional(),
  smooth: positiveLength().optional()
    .describe("standard deviation of a Gaussian on the squared slowness below the water"),
};

const layers = z.array(z.strictObject({ depth: length().describe("of its top"), velocity: velocity() })).min(
  1,
)
  .refine((all) => all.every(({ depth }, i) => i === 0 || depth > all[i - 1].depth), {
    error: "must be ordered by depth, each layer below the one before",
  });

const background = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), velocity: velocity(), ...aboveRock }),
  z.strictObject({
    kind: z.literal("gradient"),
    top: velocity().describe("below the water"),
    bottom: velocity().describe("in the last row"),
    ...aboveRock,
  }),
  z.strictObject({
    kind: z.literal("layered"),
    layers: layers.describe("the first one reaches up to the water or the surface"),
    ...aboveRock,
  }),
  z.strictObject({
    kind: z.literal("file"),
    path: path(/\.(npy|sgy|segy)$/i, "a .npy file [nz, nx], or a .sgy or .segy file, of velocities in m/s"),
    ...aboveRock,
  }),
]);

/** Options of `operator: { kind: born }`; quantities come out in SI units. */
export const bornSchema = z.strictObject({
  grid: z.strictObject({
    shape: z.tuple([count(), count()]).describe("cells [z, x]"),
    spacing: z.tuple([positiveLength(), positiveLength()]).describe("[z, x]"),
  }),
  background,
  acquisition: z.strictObject({
    sources,
    receivers,
    wavelet,
    record: z.strictObject({
      length: quantity("time", { positive: true }),
      interval: quantity("time", { positive: true }).describe("of the samples, and of the time steps"),
    }),
  }),
  order: z.literal([...ORDERS]).default(8).describe("of accuracy in space"),
  boundary: z.strictObject({ kind: z.literal("sponge"), cells: z.int().min(0).default(40) })
    .prefault({ kind: "sponge" }),
  data: z.enum(["linear", "nonlinear"]).default("linear")
    .describe("of observations: J x, or F(x) - F(0) by the full wave equation"),
  amplitude: quantity("slowness2", { positive: true, default: "1e-8 s^2/m^2" })
    .describe("dm of one unit of the unknown"),
  snapshotEvery: count().optional()
    .describe("steps between kept background wavefields; default as many as keep J within 0.1 %"),
  assemble: z.boolean().default(false)
    .describe("explicit matrices of all shots, made once: for small surveys that are applied many times"),
  mute: oneOf({ rows: z.int().min(0), depth: length() }).optional()
    .describe("the part at the top that is not imaged; default the water"),
});

export type BornOptions = z.output<typeof bornSchema>;

/** Rows at the top that are not imaged. */
export function muteRows(
  { mute, background, grid }: Pick<BornOptions, "mute" | "grid"> & { background: Pick<Background, "water"> },
): number {
  if (mute?.rows !== undefined) return mute.rows;
  return mute?.depth === undefined ? waterRows(background, grid) : rowAt(mute.depth, grid);
}

/** A wavelet, perhaps with its file's samples, and the record that it is sampled for. */
interface Sampling {
  readonly wavelet: Pulse;
  readonly record: BornOptions["acquisition"]["record"];
}

/** Time steps, as many as samples of a trace. */
export function stepsOf({ acquisition: { record } }: { readonly acquisition: Sampling }): number {
  return Math.round(record.length / record.interval);
}
