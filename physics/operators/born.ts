import { plugin } from "../../core/contracts/plugin.ts";
import { positionsOf, spreadsOf } from "../acquisition.ts";
import { assembledSurvey } from "../assembled.ts";
import { velocityModel } from "../background.ts";
import { bornSurvey } from "../born.ts";
import type { Geometry } from "../propagator/setting.ts";
import { waveletOf } from "../wavelet.ts";
import { checkBorn } from "./born_checks.ts";
import { bornCost, bornShapes } from "./born_cost.ts";
import { loadBorn, type LoadedBorn } from "./born_files.ts";
import { inspectBorn } from "./born_inspect.ts";
import { bornSchema, muteRows, snapshotEvery, stepsOf } from "./born_schema.ts";

/** Linearized (Born) acoustic imaging, `d = J dm + noise`; see `bornSurvey`. */
export const born = plugin({
  slot: "operator",
  kind: "born",
  about:
    "Linearized (Born) acoustic seismic data of a 2-D section: migration and demigration by finite differences.",
  schema: bornSchema,
  async build(options, { resources, engine, specFolder = ".", store }) {
    const survey = {
      ...bornSurvey(geometryOf(loadBorn(options, specFolder)), { ...resources, engine }),
      nonlinearData: options.data === "nonlinear",
    };
    return options.assemble ? await assembledSurvey(survey, { memory: resources.memory, store }) : survey;
  },
  preflight: checkBorn,
  inspect: inspectBorn,
  shapes: bornShapes,
  cost: bornCost,
});

function geometryOf(options: LoadedBorn): Geometry {
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
    every: snapshotEvery(options),
  };
}
