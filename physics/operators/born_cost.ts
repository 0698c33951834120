import type { OperatorCost } from "../../core/contracts/cost.ts";
import type { CostContext, OperatorShapes } from "../../core/contracts/plugin.ts";
import { countOf } from "../acquisition.ts";
import { COPIES } from "../assembled.ts";
import { assemblySolves } from "../propagator/assemble.ts";
import { layoutOf } from "../propagator/layout.ts";
import { residenceOf } from "../propagator/residence.ts";
import { largestEvery } from "../snapshots.ts";
import { highestFrequency } from "../wavelet.ts";
import { loadBorn } from "./born_files.ts";
import { sceneOf } from "./born_geometry.ts";
import { type BornOptions, muteRows, stepsOf } from "./born_schema.ts";

const F32 = 4, INT16 = 2;

/** Live receivers of a spread. */
function receiverCount({ acquisition: { receivers } }: BornOptions): number {
  return countOf(receivers) - new Set(receivers.dead).size;
}

/** The grid's cells, and the traces of each source. */
export function bornShapes(options: BornOptions): OperatorShapes {
  const { grid: { shape }, acquisition } = options;
  return {
    domain: { name: "dm", kind: "image", shape },
    shotRange: { name: "shot", kind: "data", shape: [receiverCount(options), stepsOf(options)] },
    sources: countOf(acquisition.sources),
    muted: muteRows(options) > 0,
    wavelet: true,
  };
}

/** Size of the padded grid, of the int16 snapshots of a background, and of the matrices of an assembled survey. */
export function bornCost(options: BornOptions, { specFolder = "." }: CostContext = {}): OperatorCost {
  const { grid: { shape }, boundary: { cells: sponge }, order, acquisition } = options;
  const sources = countOf(acquisition.sources), receivers = receiverCount(options);
  const [nz, nx] = shape, steps = stepsOf(options), mute = muteRows(options);
  const { window } = layoutOf({ shape, sponge, radius: order / 2, mute });
  const free = (nz - mute) * nx, pairs = nz * nx * receivers;
  const samples = sources * receivers * keptSamples(options);
  // What follows from files waits until it is asked for: a spec is resolved before its files are known to be there.
  let counted: number | undefined;
  const snapshots = () => counted ??= keptSteps(options, specFolder);
  return {
    cellSteps: (nz + 2 * sponge) * (nx + 2 * sponge) * steps,
    wavefields(resources) {
      const bytes = snapshots() * window.rows * window.columns * INT16;
      return residenceOf({ sources, bytes }, resources);
    },
    // A moving spread is not assembled.
    assembly: acquisition.receivers.kind === "streamer" ? undefined : {
      solves: assemblySolves({ sources, spread: receivers, samples: steps }),
      instead: options.assemble,
      cells: free,
      kept: samples,
      matrices: COPIES * F32 * free * samples,
      get flops() {
        return free * samples * snapshots();
      },
      // Green's functions of the receivers, and one source's matrix.
      get bytes() {
        return F32 * pairs * (steps + snapshots());
      },
    },
  };
}

/** Kept second differences of one background; files of velocities or samples are read for it. */
function keptSteps(options: BornOptions, specFolder: string): number {
  const every = options.snapshotEvery ?? largestEvery(sceneOf(loadBorn(options, specFolder)));
  return Math.ceil(stepsOf(options) / every);
}

/** Samples that tell the others of a trace to 1e-5, for each that its highest frequency needs: measured on a Ricker. */
const OVERSAMPLING = 1.76;

function keptSamples(options: BornOptions): number {
  const { record, wavelet } = options.acquisition;
  const needed = 2 * highestFrequency(wavelet) * record.length;
  return Math.min(stepsOf(options), Math.ceil(OVERSAMPLING * needed));
}
