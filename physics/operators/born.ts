import { plugin } from "../../core/registry/plugin.ts";
import { assembledSurvey } from "../assembled.ts";
import { bornSurvey } from "../born.ts";
import { checkBorn } from "./born_checks.ts";
import { bornCost, bornShapes } from "./born_cost.ts";
import { loadBorn } from "./born_files.ts";
import { sceneOf } from "./born_geometry.ts";
import { inspectBorn } from "./born_inspect.ts";
import { bornSchema } from "./born_schema.ts";

/** Linearized (Born) acoustic imaging, `d = J dm + noise`; see `bornSurvey`. */
export const born = plugin({
  slot: "operator",
  kind: "born",
  about:
    "Linearized (Born) acoustic seismic data of a 2-D section: migration and demigration by finite differences.",
  schema: bornSchema,
  async build(options, { resources, engine, specFolder = ".", store }) {
    const survey = {
      ...bornSurvey(sceneOf(loadBorn(options, specFolder)), { ...resources, engine }),
      nonlinearData: options.data === "nonlinear",
    };
    return options.assemble ? await assembledSurvey(survey, { memory: resources.memory, store }) : survey;
  },
  preflight: checkBorn,
  inspect: inspectBorn,
  shapes: bornShapes,
  cost: bornCost,
});
