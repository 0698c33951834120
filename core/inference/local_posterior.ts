import {
  choleskyTiled,
  congruence,
  multiplyTiled,
  multiplyTransposedTiled,
  posteriorFactor,
  type Tiled,
  varianceTiled,
} from "../linalg/mod.ts";
import { fold, type Key, normals } from "../base/random.ts";
import { fitWindows, scaledPeriodograms } from "./expected_periodograms.ts";
import { localCovariance, type LocalPrior, type LogGains } from "./local_prior.ts";
import { type ExpectedPeriodogram, type GainFit, gainMembers } from "./whittle.ts";

/** What members of one operator and spectrum of noise share: the prior, and the Hessian up to a factor. */
export interface LocalProblem {
  readonly prior: LocalPrior;
  readonly hessian: Tiled;
}

/** The posterior under one setting of the gains, over the free cells. */
export interface LocalMember {
  readonly mean: Float32Array;
  readonly variance: Float64Array;
  /** Flat [n, cells]. */
  readonly samples: Float32Array;
}

/** What asks for a member: the whitened migration b, the Hessian's factor, the gains, and the samples wanted. */
export interface MemberRequest {
  readonly migration: Float32Array;
  /** The Hessian of the observation is `scale * hessian`. */
  readonly scale: number;
  readonly logGains: LogGains;
  readonly key: Key;
  readonly n: number;
}

/** Computes members, here or in workers. */
export type Members = (requests: readonly MemberRequest[]) => Promise<LocalMember[]>;

/** The exact posterior `N(F F^T b, F F^T)`, `F F^T = (Sigma^-1 + H)^-1`: one elimination of each of two matrices. */
export async function localMember(
  { prior, hessian }: LocalProblem,
  { migration, scale, logGains, key, n }: MemberRequest,
): Promise<LocalMember> {
  const covariance = localCovariance(prior, logGains);
  const { factor: l } = await choleskyTiled(covariance, new Float32Array(covariance.n));
  const { factor } = await posteriorFactor({ factor: l, information: await congruence(hessian, l), scale });
  const mean = await multiplyTiled(factor, await multiplyTransposedTiled(factor, migration));
  const samples = n === 0
    ? new Float32Array()
    : (await multiplyTiled(factor, normals(key, n * mean.length))).map((v, k) => v + mean[k % mean.length]);
  return { mean, variance: varianceTiled(factor), samples };
}

/** A posterior whose gains are told by the data, over the free cells, and these gains. */
export interface LocalPosterior {
  readonly mean: Float32Array;
  readonly std: Float32Array;
  /** Flat [n, cells]. */
  readonly samples: Float32Array;
  readonly fit: GainFit;
}

/** One observation, and how its posterior is to be computed. */
export interface LocalRequest extends Omit<MemberRequest, "logGains"> {
  /** Number of settings of the gains, 1 unless said otherwise, and what they are drawn from if there are several. */
  readonly members?: number;
  readonly gainKey: Key;
}

/**
 * The posterior of one observation given its whitened migration `J^T W W d` over the free cells. Its gains are fitted
 * to the migration's periodograms, `expected` with gains of 1 and a Hessian of factor 1; `members` draws of the gains
 * about the fit are equally probable members of a mixture, whose samples are shared out evenly.
 */
export async function localPosterior(
  { members = 1, gainKey, n, ...observation }: LocalRequest,
  { prior, expected, compute }: {
    prior: LocalPrior;
    expected: readonly ExpectedPeriodogram[];
    compute: Members;
  },
): Promise<LocalPosterior> {
  const { migration, scale, key } = observation;
  const fit = fitWindows(migration, prior, scaledPeriodograms(expected, scale));
  const gains = gainMembers(fit, { members, key: gainKey });
  const parts = await compute(gains.map((logGains, j) => ({
    ...observation,
    logGains,
    key: fold(key, j),
    n: Math.floor((j + 1) * n / members) - Math.floor(j * n / members),
  })));
  const samples = new Float32Array(n * migration.length);
  let at = 0;
  for (const part of parts) {
    samples.set(part.samples, at);
    at += part.samples.length;
  }
  return { ...mixtureMoments(parts), samples, fit };
}

/** Mean and deviation of equally probable members, by the law of total variance. */
export function mixtureMoments(
  parts: readonly Pick<LocalMember, "mean" | "variance">[],
): { mean: Float32Array; std: Float32Array } {
  const average = (of: (part: Pick<LocalMember, "mean" | "variance">) => number) =>
    parts.reduce((sum, part) => sum + of(part), 0) / parts.length;
  const mean = parts[0].mean.map((_, i) => average((part) => part.mean[i]));
  const std = mean.map((m, i) => Math.sqrt(average((part) => part.variance[i] + (part.mean[i] - m) ** 2)));
  return { mean, std };
}
