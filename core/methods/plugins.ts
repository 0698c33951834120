import { leastSquares } from "./baselines/cgls.ts";
import { gaussianBaselines } from "./baselines/linear_gaussian.ts";
import { localGaussian } from "./baselines/local.ts";
import { leastSquaresMigration } from "./baselines/lsrtm.ts";
import { wiener } from "./baselines/wiener.ts";
import { latentMap } from "./fits/latent_map.ts";
import { variational } from "./fits/variational.ts";
import { migration } from "./migration.ts";
import { amortized, corrected, policy, refined } from "./posteriors.ts";
import { reference } from "./reference.ts";

/** Every method, in the order in which a run judges them. */
export const plugins = [
  migration,
  leastSquares,
  leastSquaresMigration,
  wiener,
  ...gaussianBaselines,
  localGaussian,
  variational,
  latentMap,
  reference,
  amortized,
  corrected,
  refined,
  policy,
];
