import { positionsOf, spreadsOf } from "../acquisition.ts";
import { velocityModel } from "../background.ts";
import type { Scene } from "../born.ts";
import { waveletOf } from "../wavelet.ts";
import type { LoadedBorn } from "./born_files.ts";
import { muteRows, stepsOf } from "./born_schema.ts";

/** The survey that the options describe. */
export function sceneOf(options: LoadedBorn): Scene {
  const { grid, background, acquisition, order, amplitude } = options;
  const { wavelet, record } = acquisition, sources = positionsOf(acquisition.sources, grid);
  return {
    grid,
    velocity: velocityModel(background, grid),
    sources,
    sourceWeights: acquisition.sources.weights,
    receivers: spreadsOf(acquisition.receivers, { sources, grid }),
    wavelet: waveletOf(wavelet, { count: stepsOf(options), dt: record.interval }),
    order,
    sponge: { cells: options.boundary.cells },
    muteRows: muteRows(options),
    amplitude,
    every: options.snapshotEvery,
  };
}
