import { chiSquareTail } from "./gamma.ts";
import type { Estimate } from "./energy.ts";
import { metric } from "./metric.ts";
import { summarise } from "./summarise.ts";

/** How well posterior samples explain the data they were drawn for. */
interface PredictiveCheck {
  /**
   * `P(T(d_rep, x) >= T(d, x))` over posterior samples x and replicated data (Gelman, Meng, Stern 1996): near 0 where
   * the samples leave more than noise unexplained, near 1 where they fit the noise. Not uniform under an exact
   * posterior: it gathers around 1/2, so a limit of 5 % rejects less often than that.
   */
  readonly predictive: Estimate;
  /**
   * The same probability for the first sample alone: uniform under an exact posterior (Johnson 2007, "Bayesian model
   * assessment using pivotal quantities"), so those of several observations can be tested for uniformity.
   */
  readonly pivotal: number;
}

/**
 * Posterior predictive check of the misfit `T = |W (J x - d)|^2`, whitened noise being N(0, I): `misfits` of
 * independent posterior samples against chi-square with as many degrees of freedom as whitened data.
 */
export function predictiveCheck(
  misfits: readonly number[],
  { degreesOfFreedom }: { degreesOfFreedom: number },
): PredictiveCheck {
  const tails = misfits.map((misfit) => chiSquareTail(misfit, degreesOfFreedom));
  const { mean, standardError } = summarise(tails);
  return { predictive: { value: mean, error: standardError }, pivotal: tails[0] };
}

/** The posterior predictive p-value of the samples, as the judgement has it. */
export const predictiveMetric = metric({
  kind: "predictive",
  about: "posterior predictive p-value of the data's misfit",
  needs: ["predictive"],
  gives: { predictive: { label: "predictive p-value", decimals: 3 } },
  evaluate: ({ predictive }) => ({ predictive }),
});
