import { metric } from "./metric.ts";

/** `|J x - d| / (sigma sqrt n)` of the mean, as the judgement has it: 1 where the residual is as large as the noise. */
export const dataResidual = metric({
  kind: "data-residual",
  about: "residual of the data that the mean predicts, in standard deviations of the noise",
  default: true,
  needs: ["dataResidual"],
  gives: { dataResidual: { label: "data residual", better: 1, decimals: 3 } },
  evaluate: ({ dataResidual }) => ({ dataResidual }),
});
