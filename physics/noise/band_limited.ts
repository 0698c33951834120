import { z } from "zod";
import type { Wavelet } from "../../core/contracts/operator.ts";
import { plugin } from "../../core/registry/plugin.ts";
import type { NoiseModel } from "../../core/contracts/problem.ts";
import type { Space } from "../../core/contracts/vector.ts";
import { filterTraces, inverseTransform, paddedLength, powerSpectrum } from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { fold, type Key, normals64 } from "../../core/base/random.ts";
import { about } from "../../core/base/units.ts";
import { levelRemarks, levelSchema, sigmaOf } from "./level.ts";

const schema = z.strictObject({
  level: levelSchema,
  likelihood: about(
    z.enum(["coloured", "white"]),
    "what the likelihood takes the noise for: its own spectrum, or white as published",
  ).default("coloured"),
  floor: about(
    z.number().positive().max(1),
    "white part that the likelihood adds to the spectrum, as a fraction of its maximum",
  ).default(0.01),
});

/** White noise filtered by the source wavelet. */
export const bandLimitedNoise = plugin({
  slot: "noise",
  kind: "band-limited",
  about: "white noise filtered by the source wavelet, scaled to an RMS",
  schema,
  preflight({ level }, context) {
    const { operator } = context;
    if (!operator || operator.wavelet) return levelRemarks(level, context);
    return [{
      path: ["kind"],
      message: "is band-limited, which needs an operator with a wavelet: write gaussian",
    }];
  },
  build({ level, likelihood, floor }, context) {
    const { wavelet } = context.survey;
    if (!wavelet) {
      throw new Error("Band-limited noise needs an operator with a wavelet: use noise kind gaussian");
    }
    return bandLimited({ wavelet, likelihood, floor, sigma: sigmaOf(level, context) });
  },
});

/**
 * Stationary noise with the wavelet's power spectrum S(f), of RMS sigma. The likelihood whitens by W = `1 / sigma`
 * (white), or by `1 / sqrt(S + floor max S)` (coloured): without the floor, frequencies that hold neither signal
 * nor noise would rule.
 */
export function bandLimited(
  { wavelet, sigma, likelihood, floor }: {
    wavelet: Wavelet;
    sigma: number;
    likelihood: "coloured" | "white";
    floor: number;
  },
): NoiseModel {
  const spectrumFor = (samples: number) => {
    const power = powerSpectrum(wavelet.samples, paddedLength(Math.max(samples, wavelet.samples.length)));
    const mean = power.reduce((a, b) => a + b) / power.length;
    return power.map((p) => sigma ** 2 * p / mean);
  };
  const whitenerFor = (spectrum: Float64Array) => {
    const white = floor * spectrum.reduce((a, b) => Math.max(a, b));
    return spectrum.map((s) => likelihood === "white" ? 1 / sigma : 1 / Math.sqrt(s + white));
  };
  const filtersFor = perLength((samples) => {
    const spectrum = spectrumFor(samples);
    return { spectrum, white: whitenerFor(spectrum) };
  });
  const dataPerTrace = perLength((samples) => expectedEnergy({ samples, ...filtersFor(samples) }));
  return {
    sigma,
    sample: (key, range) => coloured(key, { range, spectrum: filtersFor(samplesOf(range)).spectrum }),
    whiten: (r, range) =>
      filterTraces(r, { samples: samplesOf(range), gain: filtersFor(samplesOf(range)).white }),
    degreesOfFreedom: (range) => sizeOf(range) / samplesOf(range) * dataPerTrace(samplesOf(range)),
  };
}

const samplesOf = ({ shape }: Space) => shape[shape.length - 1];

/** A function of the trace length that is computed once per length. */
function perLength<T>(compute: (samples: number) => T): (samples: number) => T {
  const byLength = new Map<number, T>();
  return (samples) => {
    if (!byLength.has(samples)) byLength.set(samples, compute(samples));
    return byLength.get(samples)!;
  };
}

/** Share of the largest power below which a frequency is left out of the draws. */
const NEGLIGIBLE = 1e-8;

/**
 * Traces whose covariance is the circulant matrix of a power spectrum, cut to their length: independent normals at
 * the frequencies in band, transformed back (Dietrich and Newsam 1997, SIAM J. Sci. Comput. 18(4)). The real and
 * the imaginary part of one transform are independent traces.
 */
function coloured(key: Key, { range, spectrum }: { range: Space; spectrum: Float64Array }): Float32Array {
  const samples = samplesOf(range), N = spectrum.length;
  const largest = spectrum.reduce((a, b) => Math.max(a, b));
  const band = [...spectrum.keys()].filter((k) => spectrum[k] > NEGLIGIBLE * largest);
  const out = new Float32Array(sizeOf(range)),
    complex = new Float64Array(2 * N),
    toTime = inverseTransform(N);
  for (let at = 0, pair = 0; at < out.length; at += 2 * samples, pair++) {
    const e = normals64(fold(key, pair), 2 * band.length);
    band.forEach((k, i) => {
      const amplitude = Math.sqrt(N * spectrum[k]);
      complex[2 * k] = amplitude * e[2 * i];
      complex[2 * k + 1] = amplitude * e[2 * i + 1];
    });
    const { re, im } = toTime(complex);
    out.set(re.subarray(0, samples), at);
    if (at + samples < out.length) out.set(im.subarray(0, samples), at + samples);
  }
  return out;
}

/** `E|W e|^2 = trace(C W W)` of one trace, C the Toeplitz covariance of a spectrum. */
function expectedEnergy(
  { samples, spectrum, white }: { samples: number; spectrum: Float64Array; white: Float64Array },
): number {
  const complex = new Float64Array(2 * spectrum.length);
  spectrum.forEach((s, k) => complex[2 * k] = s);
  const { re: covariance } = inverseTransform(spectrum.length)(complex);
  const C = new Float64Array(samples * samples).map((_, i) =>
    covariance[Math.abs(Math.floor(i / samples) - i % samples)]
  );
  const whiten = (r: Float64Array) => new Float64Array(filterTraces(r, { samples, gain: white }));
  const cww = whiten(whiten(C));
  let trace = 0;
  for (let i = 0; i < samples; i++) trace += cww[i * samples + i];
  return trace;
}
