/** Tiny specs with one count, or two, at a small or odd number: every count of every kind in the registry. */
import { parse, stringify } from "@std/yaml";
import type { z } from "zod";
import { preflight, SpecError, specLoader } from "../../../../core/spec/mod.ts";
import { isFile } from "../../../../core/spec/schema_fields.ts";
import { specSchema } from "../../../../core/spec/schema.ts";
import type { Plugin, Slot } from "../../../../core/contracts/plugin.ts";
import { knowsDensity } from "../../../../core/registry/plugin.ts";
import { fold, integers, type Key } from "../../../../core/base/random.ts";
import { registry } from "../../../../mod.ts";
import { smallOptions } from "../../../contracts/small.ts";
import { type Edit, edited, type Leaf, leavesOf } from "./leaves.ts";
import { sizeOf } from "../../../../core/base/shape.ts";

const VECTOR = `
name: vector
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 5, columns: 3 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 1, hidden: 4 }
training: { pairs: 20, epochs: 1, batch: 8 }
correction: { kind: diagonal, target: posterior, passes: 1, samples: 2, encoding: shots }
evaluation:
  observations: 1
  samples: 8
  metrics: [snr, rmse, ssim, coverage, crps, calibration, energy-score, contraction, coverage-by-depth, coverage-by-illumination, predictive, data-residual]
`;
const IMAGE = `
name: image
seed: 3
prior: { kind: layered-geology }
operator: { kind: identity, shape: [8, 4] }
noise: { kind: gaussian, level: { snr: 5 dB } }
summary: { kind: migration }
flow: { kind: glow, levels: 1, depth: 1, hidden: 4 }
training: { pairs: 20, epochs: 1, batch: 8 }
correction: { kind: diagonal, passes: 1 }
evaluation:
  observations: 1
  samples: 8
  metrics: [snr, rmse, ssim, coverage, crps, calibration, energy-score, contraction, coverage-by-depth, coverage-by-illumination, predictive, data-residual]
  baselines: [cgls, lsrtm]
`;
const BORN = `
name: born
seed: 3
prior: { kind: layered-geology }
operator:
  kind: born
  grid: { shape: [12, 14], spacing: [12.5 m, 20 m] }
  background: { kind: gradient, top: 2 km/s, bottom: 2.4 km/s, water: { depth: 25 m, velocity: 1.5 km/s } }
  acquisition:
    sources: { count: 2, depth: 12.5 m }
    receivers: { count: 5, depth: 12.5 m }
    wavelet: { kind: ricker, frequency: 20 Hz }
    record: { length: 0.2 s, interval: 1.5 ms }
  boundary: { kind: sponge, cells: 8 }
noise: { kind: band-limited, level: { snr: 5 dB } }
summary: { kind: migration }
flow: { kind: glow, levels: 1, depth: 1, hidden: 4 }
training: { pairs: 20, epochs: 1, batch: 8 }
correction: { kind: diagonal, passes: 1 }
evaluation:
  observations: 1
  samples: 8
  metrics: [snr, rmse, ssim, coverage, crps, calibration, energy-score, contraction, coverage-by-depth, coverage-by-illumination, predictive, data-residual]
  baselines: [cgls, lsrtm, gaussian, hierarchical]
`;
const SIMULATOR = `
name: simulator
seed: 3
prior: { kind: gaussian }
operator: { kind: scale-mixture, size: 12 }
noise: { kind: intrinsic }
summary: { kind: identity }
flow: { kind: coupling, depth: 1, hidden: 4 }
training: { pairs: 20, epochs: 1, batch: 8 }
correction: { kind: diagonal, target: posterior, passes: 1, samples: 2, encoding: shots }
evaluation:
  observations: 1
  samples: 8
  metrics: [snr, coverage, predictive]
  baselines: []
`;
const BASES = Object.fromEntries(
  [VECTOR, IMAGE, BORN, SIMULATOR].map((text) => {
    const tree = parse(text) as Record<string, unknown>;
    return [tree.name as string, tree];
  }),
);

/** A spec to run, and what it is about. */
export interface CountSpec {
  readonly about: string;
  readonly text: string;
}

/** A tiny spec of one kind of component, and its counts. */
export interface Site {
  readonly about: string;
  readonly tree: Tree;
  readonly leaves: readonly Leaf[];
}

/** Not of a run: what a sweep makes of a spec, where that goes, and which random numbers it draws. */
const SKIP = ["extends", "folder", "name", "sweep", "launch", "seed", "files"];
/** Slots whose kinds are tried one by one. */
export const SLOTS = ["prior", "operator", "noise", "summary", "flow", "correction"] as const;
const VALUES = { whole: [1, 2, 3, 5, 7, 0, 4, 9], share: [0.999, 0.5, 0.05, 0], length: [1, 2, 3, 5] };

const load = specLoader(registry);

/** Whether nothing is said against a tree. */
async function accepted(tree: unknown): Promise<boolean> {
  try {
    return (await preflight(await load("spec.yaml", { text: stringify(tree) }), registry)).length === 0;
  } catch (error) {
    if (error instanceof SpecError) return false;
    throw error;
  }
}

/**
 * Every base with its own counts, and every kind of every slot with the kind's counts in each base that takes it; where
 * none does, in a base with one other kind beside it.
 */
export async function sites(): Promise<Site[]> {
  const found: Site[] = Object.entries(BASES).map(([about, tree]) => {
    const rest = leavesOf(specSchema(registry), tree, { skip: [...SKIP, ...SLOTS] });
    return { about, tree, leaves: [...rest, ...SLOTS.flatMap((slot) => ownLeaves(tree, slot))] };
  });
  for (const slot of SLOTS) {
    for (const { kind } of registry.of(slot)) {
      const alone = await taking(Object.entries(BASES), { slot, kind });
      found.push(...alone.length > 0 ? alone : (await taking(doubles(slot), { slot, kind })).slice(0, 1));
    }
  }
  return found;
}

/** Whether a kind's small options name a file: what that holds is not the spec's to count. */
export function smallOptionsNameFile(slot: Slot, kind: string): boolean {
  return Object.entries((registry.get(slot, kind).schema as z.ZodObject).shape).some(([name, schema]) =>
    name in smallOptions(slot, kind) && isFile(schema as z.ZodType)
  );
}

type Tree = Record<string, unknown>;

/** Of some specs those that take a kind, with its counts. */
async function taking(
  specs: Iterable<[about: string, tree: Tree]>,
  { slot, kind }: { slot: (typeof SLOTS)[number]; kind: string },
): Promise<Site[]> {
  const found: Site[] = [];
  for (const [about, base] of specs) {
    const shared = slot === "correction" ? base.correction as object : {};
    const tree = { ...base, [slot]: { ...shared, kind, ...smallOptions(slot, kind) } };
    if (smallOptionsNameFile(slot, kind) || !await accepted(tree)) continue;
    found.push({ about: `${about}, ${slot} ${kind}`, tree, leaves: ownLeaves(tree, slot) });
  }
  return found;
}

/** Every base with another kind in one of the other slots. */
function* doubles(slot: (typeof SLOTS)[number]): Generator<[string, Tree]> {
  for (const [name, base] of Object.entries(BASES)) {
    for (const other of SLOTS.filter((one) => one !== slot)) {
      for (const { kind } of registry.of(other)) {
        yield [`${name}, ${other} ${kind}`, { ...base, [other]: { kind, ...smallOptions(other, kind) } }];
      }
    }
  }
}

/** The counts of a component, and of what all corrections share. */
function ownLeaves(tree: Tree, slot: (typeof SLOTS)[number]): Leaf[] {
  const { kind } = tree[slot] as { kind: string }, { schema } = registry.get(slot, kind);
  const own = leavesOf(schema, tree[slot], { path: [slot] });
  if (slot !== "correction") return own;
  const union = leavesOf(specSchema(registry).shape.correction, tree.correction, { path: [slot] });
  const paths = union.map(({ path }) => path.join());
  return union.filter(({ under, path }, i) => under.length === 0 && i === paths.indexOf(path.join()));
}

/**
 * Whether observations have a reference posterior of tempered populations, which takes ten seconds or more: of few
 * unknowns, where the densities are known and the posterior is not Gaussian.
 */
export async function isSlow({ text }: CountSpec): Promise<boolean> {
  const { spec } = await load("spec.yaml", { text }).catch(() => ({ spec: undefined }));
  if (!spec) return false;
  const { operator: { kind, ...options }, prior } = spec,
    plugin = registry.get("operator", kind) as Plugin<"operator">;
  if (!knowsDensity(registry.get("prior", prior.kind), prior)) return false;
  const unknowns = sizeOf(plugin.shapes!(options, { specFolder: "." })!.domain);
  return unknowns <= 10 && (plugin.simulates === true || prior.kind !== "gaussian");
}

/** Each site as it is, and with each of its counts at each small number. */
export function singles(all: readonly Site[]): CountSpec[] {
  return all.flatMap(({ about, tree, leaves }) => [
    { about, text: stringify(tree) },
    ...leaves.flatMap((leaf) => VALUES[leaf.type].map((n) => changed({ about, tree }, [[leaf, n]]))),
  ]);
}

function changed(
  { about, tree }: Pick<Site, "about" | "tree">,
  counts: readonly (readonly [Leaf, number])[],
): CountSpec {
  const edit: Edit = counts.flatMap(([leaf, n]) => leaf.to(n));
  const said = counts.map(([{ path }, n]) => `${path.join(".")} = ${n}`).join(", ");
  return { about: `${about}: ${said}`, text: stringify(edited(tree, edit)) };
}

/** `n` specs with two counts each, drawn by the key: one of the kind's own where it has any, one of the base's. */
export function pairs(all: readonly Site[], { key, n }: { key: Key; n: number }): CountSpec[] {
  const own = new Map(
    Object.keys(BASES).map((name) => [name, all.find(({ about }) => about === name)!.leaves]),
  );
  const sites = all.filter(({ about, leaves }) => leaves.length > 0 || own.has(about));
  return Array.from({ length: n }, (_, i) => {
    const words = integers(fold(key, i), 5), site = sites[words[0] % sites.length];
    const base = own.get(site.about.split(",")[0])!;
    const chosen = [site.leaves[words[1] % site.leaves.length], base[words[2] % base.length]];
    return changed(
      site,
      chosen.map((leaf, k) => {
        const values = VALUES[leaf.type];
        return [leaf, values[words[3 + k] % values.length]] as const;
      }),
    );
  });
}
