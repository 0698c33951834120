import {
  add,
  channels,
  clipByValue,
  div,
  joinChannels,
  matMul,
  mul,
  neg,
  reshape,
  sigmoid,
  softmax,
  square,
  step,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
} from "../../core/engine/mod.ts";
import { type Bin, binGradient, evaluate, solve } from "./rational_quadratic.ts";
import type { Bijection, Transform } from "./transform.ts";

/** Bounds that keep the inverse stable: the least size of a bin, of the even one's, and a knot's derivative. */
const FLOOR = 0.15, LOW = 0.1, HIGH = 10;
/** Shift of the sigmoid's argument that makes the derivative 1 where the conditioner gives 0. */
const OFFSET = Math.log((1 - LOW) / (HIGH - 1));

/**
 * Monotonic rational-quadratic spline on [-bound, bound], the identity outside (Durkan, Bekasov, Murray, Papamakarios
 * 2019, "Neural spline flows"). Raw parameters per element: `bins` widths, `bins` heights, `bins - 1` derivatives
 * at the inner knots; those at the ends are 1. Internally every element is a row: [rows, ..].
 */
export function spline({ bins, bound }: { bins: number; bound: number }): Transform {
  const parameters = 3 * bins - 1;
  return {
    parameters,
    at(raw) {
      const rows = reshape(raw, [-1, parameters]), knots = knotsOf(rows, { bins, bound });
      return splineAt(knots, { bins, bound, rawShape: raw.shape });
    },
  };
}

interface Grid {
  readonly bins: number;
  readonly bound: number;
}

interface Knots {
  /** Per bin: widths, heights, left ends in x and y, derivatives at the left and right ends; [rows, 6 bins]. */
  readonly table: Tensor;
  /** Shares of the interval [2 rows, bins], widths and heights in turn. */
  readonly shares: Tensor;
  /** The sigmoids of the inner knots' derivatives [rows, bins - 1]. */
  readonly sigma: Tensor;
}

/** Columns of a bin: width, height, left ends in x and y, derivatives at the left and right ends. */
const COLUMNS = 6;

/** Entry [i, j] is 1 where bin i lies before bin j: a row times it is the sums of what comes before. */
function before(bins: number): Tensor {
  const values = Float32Array.from(
    { length: bins ** 2 },
    (_, at) => Number(Math.floor(at / bins) < at % bins),
  );
  return tensor(values, [bins, bins]);
}

function knotsOf(rows: Tensor, { bins, bound }: Grid): Knots {
  const n = rows.shape[0], one = tensor(new Float32Array(n).fill(1), [n, 1]);
  const shares = softmax(reshape(channels(rows, 0, 2 * bins), [-1, bins]));
  const sizes = mul(add(mul(shares, 1 - FLOOR), FLOOR / bins), 2 * bound);
  const starts = sub(matMul(sizes, before(bins)), bound);
  const sigma = sigmoid(add(channels(rows, 2 * bins, bins - 1), OFFSET));
  const derivatives = joinChannels([one, add(mul(sigma, HIGH - LOW), LOW), one]);
  const flat = (t: Tensor) => reshape(t, [n, 2 * bins]);
  const ends = [channels(derivatives, 0, bins), channels(derivatives, 1, bins)];
  return { table: joinChannels([flat(sizes), flat(starts), ...ends]), shares, sigma };
}

/** Derivative of the raw parameters [rows, 3 bins - 1] from that of the table. */
function knotsGradient(dtable: Tensor, knots: Knots, { bins, bound }: Grid): Tensor {
  const paired = (from: number) => reshape(channels(dtable, from * bins, 2 * bins), [-1, bins]);
  const dsizes = add(paired(0), matMul(paired(2), transpose(before(bins))));
  const dshares = mul(dsizes, 2 * bound * (1 - FLOOR));
  const mean = reshape(sum(mul(dshares, knots.shares), 1), [-1, 1]);
  const draw = mul(knots.shares, sub(dshares, mean));
  const dinner = add(channels(dtable, 4 * bins + 1, bins - 1), channels(dtable, 5 * bins, bins - 1));
  const slope = mul(mul(knots.sigma, sub(1, knots.sigma)), HIGH - LOW);
  return joinChannels([reshape(draw, [-1, 2 * bins]), mul(dinner, slope)]);
}

const asRow = (t: Tensor) => reshape(t, [-1, 1]);

/** The part of each element within [-bound, bound], and what is beyond. */
function split(t: Tensor, { bound }: Grid): { within: Tensor; beyond: Tensor } {
  const rows = asRow(t), within = clipByValue(rows, -bound, bound);
  return { within, beyond: sub(rows, within) };
}

function splineAt(knots: Knots, grid: Grid & { rawShape: readonly number[] }): Bijection {
  const locate = (b: Tensor) => {
    const { within, beyond } = split(b, grid), { mask, bin } = findBin(knots, within, { ...grid, side: "x" });
    const inside = sub(1, step(square(beyond))), xi = div(sub(within, bin.x), bin.width);
    return { beyond, inside, mask, bin, xi };
  };
  /** Derivative of the raw parameters from that of the columns of the bins. */
  const rawGradient = (dbin: Tensor, mask: Tensor) => {
    const dtable = reshape(mul(reshape(dbin, [-1, COLUMNS, 1]), mask), [-1, COLUMNS * grid.bins]);
    return reshape(knotsGradient(dtable, knots, grid), [...grid.rawShape]);
  };
  return {
    forward(b) {
      const { beyond, bin, xi } = locate(b), { y, logSlope } = evaluate(bin, xi);
      return { y: reshape(add(y, beyond), b.shape), logSlope: reshape(logSlope, b.shape) };
    },
    inverse(y) {
      const { within, beyond } = split(y, grid), { bin } = findBin(knots, within, { ...grid, side: "y" });
      return reshape(add(solve(bin, within), beyond), y.shape);
    },
    backward(b, { dy, dlogdet }) {
      const { inside, mask, bin, xi } = locate(b), rows = asRow(dy);
      const { dx, dbin } = binGradient(bin, xi, { dy: mul(rows, inside), dl: mul(inside, dlogdet) });
      const db = add(dx, mul(rows, sub(1, inside)));
      return { db: reshape(db, b.shape), draw: rawGradient(dbin, mask) };
    },
    pullback(b, { db, dlogdet }) {
      const { beyond, inside, mask, bin, xi } = locate(b), { y, slope, logSlope } = evaluate(bin, xi);
      const dl = mul(inside, dlogdet), dlogSlope = binGradient(bin, xi, { dy: mul(inside, 0), dl }).dx;
      const dy = div(add(asRow(db), dlogSlope), slope);
      // At fixed y = g(b; theta), db/dtheta = -(dg/dtheta) / (dg/db).
      const { dbin } = binGradient(bin, xi, { dy: neg(mul(dy, inside)), dl });
      const at = (t: Tensor) => reshape(t, b.shape);
      return { y: at(add(y, beyond)), logSlope: at(logSlope), dy: at(dy), draw: rawGradient(dbin, mask) };
    },
  };
}

/** The bin and its mask [rows, 1, bins], which is 1 at the bin and 0 elsewhere. */
function findBin(
  { table }: Knots,
  at: Tensor,
  { bins, side }: Grid & { side: "x" | "y" },
): { mask: Tensor; bin: Bin } {
  const from = side === "x" ? 2 * bins : 3 * bins, zero = mul(at, 0), one = add(zero, 1);
  const passed = step(sub(at, channels(table, from + 1, bins - 1)));
  const flat = sub(joinChannels([one, passed]), joinChannels([passed, zero]));
  const mask = reshape(flat, [-1, 1, bins]);
  const chosen = matMul(
    reshape(mul(reshape(table, [-1, COLUMNS, bins]), mask), [-1, bins]),
    tensor(new Float32Array(bins).fill(1), [bins, 1]),
  );
  const columns = reshape(chosen, [-1, COLUMNS]);
  const [width, height, x, y, d0, d1] = Array.from({ length: COLUMNS }, (_, i) => channels(columns, i, 1));
  return { mask, bin: { width, height, x, y, d0, d1 } };
}
