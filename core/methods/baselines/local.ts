import { gaussianBaseline } from "./linear_gaussian.ts";

/** The Gaussian posterior under a prior of local gains. */
export const localGaussian = gaussianBaseline("local", {
  prior: "local",
  about:
    "Gaussian posterior whose prior takes its strength by wavenumber, dip and place from each observation",
  label: "local Gaussian",
  color: "#332288",
});
