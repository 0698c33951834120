/**
 * The accuracy and the cost of a method, of one observation or as a mean. `pass` is the number of passes after which
 * a correction was judged; the largest is its end.
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
