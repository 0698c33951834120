/** Plugins without components: what the loader, the documentation and the command line see of a registry. */
import { z } from "zod";
import { plugin } from "../../../core/registry/plugin.ts";
import { plugins as methods } from "../../../core/methods/plugins.ts";
import { plugins as metrics } from "../../../core/metrics/plugins.ts";
import { createRegistry } from "../../../core/registry/registry.ts";
import { about, filePath, oneOf, quantity } from "../../../core/base/units.ts";

const build = () => {
  throw new Error("toy plugins build nothing");
};
const empty = z.strictObject({});
const level = oneOf({ snr: quantity("level"), sigma: z.number().positive(), scale: z.number().positive() });

const waves = plugin({
  slot: "operator",
  kind: "waves",
  about: "Waves on a grid.",
  schema: z.strictObject({
    grid: z.strictObject({
      shape: z.tuple([z.int().min(4), z.int().min(4)]),
      spacing: z.tuple([quantity("length", { positive: true }), quantity("length", { positive: true })]),
    }),
    background: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("constant"), velocity: quantity("velocity", { positive: true }) }),
      z.strictObject({
        kind: z.literal("gradient"),
        top: quantity("velocity"),
        bottom: quantity("velocity"),
      }),
    ]),
    sources: z.strictObject({
      count: z.int().min(1),
      depth: about(quantity("length", { default: "25 m", min: "0 m" }), "Depth of all."),
    }),
    interval: quantity("time", { positive: true, max: "1 s" }),
  }),
  build,
  preflight: ({ interval }) =>
    interval > 0.004 ? [{ path: ["interval"], message: "is too coarse: it must be at most 4 ms" }] : [],
});

export const registry = createRegistry([
  ...methods,
  plugin({
    slot: "prior",
    kind: "geology",
    about: "Layers.",
    schema: z.strictObject({ dip: z.number().default(0) }),
    build,
  }),
  plugin({
    slot: "prior",
    kind: "patches",
    about: "Pictures.",
    schema: z.strictObject({ path: filePath(), where: z.record(z.string(), z.string()).default({}) }),
    build,
  }),
  waves,
  plugin({ slot: "noise", kind: "white", about: "White noise.", schema: z.strictObject({ level }), build }),
  plugin({ slot: "summary", kind: "migration", about: "The adjoint.", schema: empty, build }),
  plugin({
    slot: "flow",
    kind: "hint",
    about: "Recursive couplings.",
    schema: z.strictObject({ depth: z.int().min(1).default(8), hidden: z.int().min(1).default(32) }),
    build,
  }),
  plugin({
    slot: "flow",
    kind: "glow",
    about: "Couplings.",
    schema: z.strictObject({ levels: z.int().default(2) }),
    build,
  }),
  plugin({
    slot: "optimizer",
    kind: "adam",
    about: "Adam.",
    schema: z.strictObject({ rate: z.number().positive().default(1e-3) }),
    build,
  }),
  plugin({ slot: "correction", kind: "diagonal", about: "Scale and shift.", schema: empty, build }),
  plugin({ slot: "correction", kind: "none", about: "No correction.", schema: empty, build }),
  ...metrics,
]);

/** The head of a valid spec, valid itself: one flow, no shifts. */
export const PLAIN = `name: toy
seed: 7
prior: { kind: geology }
operator:
  kind: waves
  grid: { shape: [64, 64], spacing: [12.5 m, 20 m] }
  background: { kind: constant, velocity: 2.5 km/s }
  sources: { count: 16 }
  interval: 1.378 ms
noise: { kind: white, level: { snr: 5 dB } }
flow: { kind: hint, depth: 4 }
training: { pairs: 128, epochs: 3 }
`;

/** A valid spec, short enough to count its lines. */
export const VALID = `${PLAIN}shifts:
  - name: more noise
    noise: { level: { scale: 2.5 } }
  - name: noise x 1.5, 4 sources
    operator: { sources: { count: 4 } }
correction: { kind: diagonal }
gates: { corrected.snr_gain: ">= 1 dB" }
`;
