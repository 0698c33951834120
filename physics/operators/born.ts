import { plugin } from "../../core/contracts/plugin.ts";
import { positionsOf } from "../acquisition.ts";
import { velocityModel } from "../background.ts";
import { bornSurvey } from "../born.ts";
import { ricker } from "../wavelet.ts";
import { checkBorn } from "./born_checks.ts";
import { bornCost, snapshotEvery, stepsOf } from "./born_cost.ts";
import { type BornOptions, bornSchema, muteRows } from "./born_schema.ts";

/** Linearized (Born) acoustic imaging, `d = J dm + noise`; see `bornSurvey`. */
export const born = plugin({
  slot: "operator",
  kind: "born",
  about:
    "Linearized (Born) acoustic seismic data of a 2-D section: migration and demigration by finite differences.",
  schema: bornSchema,
  build: (options, { workers, precision }) => bornSurvey(geometryOf(options), { workers, precision }),
  preflight: checkBorn,
  cost: bornCost,
});

function geometryOf(options: BornOptions) {
  const { grid, background, acquisition: { sources, receivers, wavelet, record }, order, amplitude } =
    options;
  return {
    grid,
    velocity: velocityModel(background, grid),
    sources: positionsOf(sources, grid),
    receivers: positionsOf(receivers, grid),
    wavelet: ricker({ ...wavelet, count: stepsOf(options), dt: record.interval }),
    order,
    sponge: { cells: options.boundary.cells },
    muteRows: muteRows(options),
    amplitude,
    every: snapshotEvery(options),
  };
}
