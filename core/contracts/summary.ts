/**
 * How accurate a method is for its cost, of one observation or their mean; `pass`: where a correction stood then, the
 * last of them where it ended.
 */
export interface TradeoffPoint {
  readonly method: string;
  readonly pass?: number;
  /** Wave-equation solves of an observation; what an operator takes once is not among them. */
  readonly solves: number;
  readonly snr?: number;
  readonly coverage90?: number;
  readonly crps?: number;
}
