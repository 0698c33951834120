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
import { type ExpectedPeriodogram } from "./whittle.ts";
import { fitWindows } from "./expected_periodograms.ts";
import { localCovariance, type LocalPrior, type LogGains } from "./local_prior.ts";
import { type GainFit, gainMembers } from "./whittle.ts";

/** The data of a problem in image space: a local prior, and the Hessian of its operator and noise, `scale * hessian`. */
export interface LocalProblem {
  readonly prior: LocalPrior;
  readonly hessian: Tiled;
  readonly scale: number;
}

/** The posterior under one setting of the gains, over the free cells. */
export interface LocalMember {
  readonly mean: Float32Array;
  readonly variance: Float64Array;
  /** Flat [n, cells]. */
  readonly samples: Float32Array;
}

/** What asks for a member: the whitened migration `b`, the gains, and the samples wanted. */
export interface MemberRequest {
  readonly migration: Float32Array;
  readonly logGains: LogGains;
  readonly key: Key;
  readonly n: number;
}

/** Computes members, here or in workers. */
export type Members = (requests: readonly MemberRequest[]) => Promise<LocalMember[]>;

/** The exact posterior `N(F F^T b, F F^T)`, `F F^T = (Sigma^-1 + H)^-1`: one elimination. */
export async function localMember(
  { prior, hessian, scale }: LocalProblem,
  { migration, logGains, key, n }: MemberRequest,
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

/** A posterior whose gains are told by the data, over the free cells, and the gains of each window. */
export interface LocalPosterior {
  readonly mean: Float32Array;
  readonly std: Float32Array;
  /** Flat [n, cells]. */
  readonly samples: Float32Array;
  readonly fits: readonly GainFit[];
}

/**
 * The posterior of one observation given its whitened migration `J^T W W d` over the free cells. Its gains are fitted
 * to the migration's periodograms; `members` draws of the gains about the fit are equally probable members of a
 * mixture, whose samples are shared out evenly.
 */
export async function localPosterior(
  { migration, key, n, members = 1, tau }: {
    migration: Float32Array;
    key: Key;
    n: number;
    members?: number;
    tau?: number;
  },
  { prior, expected, compute }: {
    prior: LocalPrior;
    expected: readonly ExpectedPeriodogram[];
    compute: Members;
  },
): Promise<LocalPosterior> {
  const fits = fitWindows(migration, prior, { expected, tau });
  const gains = gainMembers(fits, { members, key: fold(key, "gains") });
  const parts = await compute(gains.map((logGains, j) => ({
    migration,
    logGains,
    key: fold(fold(key, "samples"), j),
    n: Math.floor((j + 1) * n / members) - Math.floor(j * n / members),
  })));
  const samples = new Float32Array(n * migration.length);
  let at = 0;
  for (const part of parts) {
    samples.set(part.samples, at);
    at += part.samples.length;
  }
  return { ...mixtureMoments(parts), samples, fits };
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
