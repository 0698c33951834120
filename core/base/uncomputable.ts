/**
 * A number that these data do not define, such as the SNR of a silent truth: no fault of the program. Where it is
 * caught, see `attempt` in core/metrics/figures.ts, the number is absent with this reason and the run goes on.
 */
export class Uncomputable extends Error {
  override readonly name = "Uncomputable";
}
