import { z } from "zod";
import { oneOf, quantity } from "../../core/units.ts";
import { waterRows } from "../background.ts";
import { ORDERS } from "../stencil.ts";
import { rickerBandwidth } from "../wavelet.ts";

const length = () => quantity("length", { min: "0 m" });
const positiveLength = () => quantity("length", { positive: true });
const velocity = () => quantity("velocity", { positive: true });
const count = () => z.int().min(1);

/** Sources or receivers at one depth. */
const line = z.strictObject({
  count: count(),
  depth: length(),
  first: length().optional().describe("lateral position of the first; default the grid's first column"),
  last: length().optional().describe("lateral position of the last; default the grid's last column"),
});

const water = z.strictObject({ depth: length(), velocity: velocity() });

const background = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), velocity: velocity(), water: water.optional() }),
  z.strictObject({
    kind: z.literal("gradient"),
    top: velocity().describe("below the water"),
    bottom: velocity().describe("in the last row"),
    water: water.optional(),
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
    sources: line,
    receivers: line,
    wavelet: z.strictObject({
      kind: z.literal("ricker"),
      frequency: quantity("frequency", { positive: true }).describe("of the peak"),
      delay: quantity("time").optional().describe("of the peak; default 1.2 periods"),
    }),
    record: z.strictObject({
      length: quantity("time", { positive: true }),
      interval: quantity("time", { positive: true }).describe("of the samples, and of the time steps"),
    }),
  }),
  order: z.literal([...ORDERS]).default(8).describe("of accuracy in space"),
  boundary: z.strictObject({ kind: z.literal("sponge"), cells: z.int().min(0).default(40) })
    .prefault({ kind: "sponge" }),
  amplitude: quantity("slowness2", { positive: true, default: "1e-8 s^2/m^2" })
    .describe("dm of one unit of the unknown"),
  snapshotEvery: count().optional()
    .describe("steps between kept background wavefields; default as many as the wavelet allows"),
  mute: oneOf({ rows: z.int().min(0), depth: length() }).optional()
    .describe("the part at the top that is not imaged; default the water"),
});

export type BornOptions = z.output<typeof bornSchema>;

/** Rows at the top that are not imaged. */
export function muteRows({ mute, background, grid }: BornOptions): number {
  if (mute?.rows !== undefined) return mute.rows;
  return mute?.depth === undefined ? waterRows(background, grid) : Math.round(mute.depth / grid.spacing[0]);
}

/** Snapshots sample the background's wavefield, so two are needed in the shortest period of the wavelet. */
export function largestEvery({ acquisition: { wavelet, record } }: BornOptions): number {
  return Math.floor(1 / (2 * rickerBandwidth(wavelet.frequency) * record.interval));
}
