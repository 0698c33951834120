import type { Survey } from "../contracts/operator.ts";
import type { NoiseModel } from "../contracts/problem.ts";
import type { Vector } from "../contracts/vector.ts";
import { type Tiled, whitenerOf } from "../linalg/mod.ts";
import { fold, type Key } from "../base/random.ts";
import { freeCells, freeValues } from "./covariance.ts";
import { expectedPeriodograms } from "./expected_periodograms.ts";
import { type GaussianPosterior, overAllCells, type PosteriorDraws } from "./gaussian_posterior.ts";
import { priorGains } from "./gain_prior.ts";
import { migratedNoise } from "./image_pairs.ts";
import { inTurn, type SurveyInformation } from "./information.ts";
import { memberPool, membersHere } from "./local_pool.ts";
import { type LocalPosterior, localPosterior, type Members } from "./local_posterior.ts";
import type { LocalPrior } from "./local_prior.ts";
import type { ExpectedPeriodogram, GainFit } from "./whittle.ts";

/** How gains are fitted, and members computed. */
export interface LocalOptions {
  /** What the simulated periodograms and the members' gains are drawn from. */
  readonly key: Key;
  /** Cores that members are computed on; with one, it is this one and its engine. */
  readonly workers: number;
  readonly members?: number;
  readonly signal?: AbortSignal;
}

/** The posterior of a problem under a local prior: a mixture over members that are equally probable. */
export interface LocalGaussian extends GaussianPosterior {
  draw(data: Vector, options: { key: Key; n: number }): Promise<PosteriorDraws & { fit: GainFit }>;
}

/** Number of simulated images of noise that its periodograms are a mean over. */
const NOISES = 150;

/**
 * Posteriors for data `J x + e` under a local prior, whose gains each observation tells. The expected periodograms are
 * simulated once per spectrum of noise, and each observation takes one elimination a member.
 */
export function localPosteriors(
  information: SurveyInformation,
  prior: LocalPrior,
  options: LocalOptions,
): { of(noise: NoiseModel): Promise<LocalGaussian>; close(): void } {
  const { survey } = information, { members } = options, spectra = new Map<Tiled, Spectrum>();
  const of = inTurn(async (noise: NoiseModel) => {
    const { hessian, scale } = await information.of(noise);
    const spectrum = spectra.get(hessian) ??
      await openSpectrum(prior, { survey, noise, hessian, scale, ...options });
    spectra.set(hessian, spectrum);
    const tell = (migration: Float32Array, { key, n }: { key: Key; n: number }) =>
      localPosterior({ members, gainKey: fold(options.key, "gains"), migration, scale, key, n }, {
        prior,
        ...spectrum,
      });
    return localGaussian(tell, { survey, noise, ...options });
  });
  return { of, close: () => spectra.forEach(({ close }) => close()) };
}

/** What observations with one spectrum of noise share. */
interface Spectrum {
  readonly expected: readonly ExpectedPeriodogram[];
  readonly compute: Members;
  close(): void;
}

async function openSpectrum(
  prior: LocalPrior,
  { survey, noise, hessian, scale, key, workers, signal }: LocalOptions & {
    survey: Survey;
    noise: NoiseModel;
    hessian: Tiled;
    scale: number;
  },
): Promise<Spectrum> {
  const assembled = await survey.assemble!();
  survey.solves.add(assembled.solves);
  const draws = { key: fold(key, "noise"), n: NOISES, cells: hessian.n, signal };
  const noises = await migratedNoise({ survey, assembled, noise }, draws);
  const unit = noises.map((v) => v / Math.sqrt(scale)); // as with the noise whose Hessian is `hessian`
  const expected = await expectedPeriodograms(prior, { hessian, noise: unit, key: fold(key, "bands") });
  const problem = { prior, hessian };
  return workers > 1
    ? { expected, ...memberPool(problem, { workers, signal }) }
    : { expected, compute: membersHere(problem, { signal }), close: () => {} };
}

function localGaussian(
  tell: (migration: Float32Array, draws: { key: Key; n: number }) => Promise<LocalPosterior>,
  { survey, noise, key, members = 1 }: Pick<LocalOptions, "key" | "members"> & {
    survey: Survey;
    noise: NoiseModel;
  },
): LocalGaussian {
  const { mask } = survey, cells = freeCells(mask), n = cells.length;
  const migrations = async (data: Vector, count: number) => {
    const whiten = whitenerOf({ survey, noise });
    const images = new Float32Array(await survey.stacked.adjoint(whiten(whiten(data)), count));
    return freeValues(images, { cells, size: mask.length });
  };
  return {
    async moments(data, count = 1) {
      const b = await migrations(data, count), mean = new Float32Array(b.length), std = mean.slice();
      await Promise.all(Array.from({ length: count }, async (_, i) => {
        const posterior = await tell(b.slice(i * n, (i + 1) * n), { key, n: 0 });
        mean.set(posterior.mean, i * n);
        std.set(posterior.std, i * n);
      }));
      return { mean: overAllCells(mask, mean), std: overAllCells(mask, std) };
    },
    async draw(data, draws) {
      const { mean, std, samples, fit } = await tell(await migrations(data, 1), draws);
      return {
        mean: overAllCells(mask, mean),
        std: overAllCells(mask, std),
        samples: overAllCells(mask, samples),
        weights: new Float64Array(members).fill(1 / members),
        gains: priorGains(fit.logGains),
        fit,
      };
    },
  };
}
