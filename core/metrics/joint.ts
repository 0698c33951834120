import { c2st as classifierTest } from "./c2st.ts";
import { contraction as contractionOf } from "./contraction.ts";
import { energyScore as scoreOf } from "./energy.ts";
import { Uncomputable } from "../base/uncomputable.ts";
import { type Judgement, needSamples, unmasked } from "./metric.ts";

/** Samples that the energy score takes: its cost is their number squared. */
const MOST_SCORED = 256;

/** Energy score of the cells that count, of the first 256 samples. */
export function energyScore({ truth, samples, mask }: Judgement): Record<string, number> {
  if (!samples) return {};
  const cells = unmasked(mask), size = truth.length, n = Math.min(samples.length / size, MOST_SCORED);
  needSamples(n, { least: 2, what: "the energy score" });
  const kept = new Float64Array(n * cells.length);
  for (let k = 0; k < n; k++) {
    cells.forEach((cell, i) => kept[k * cells.length + i] = samples[k * size + cell]);
  }
  return { energyScore: scoreOf({ truth: Float64Array.from(cells, (i) => truth[i]), samples: kept }).value };
}

/** Prior-to-posterior contraction of the cells that the prior leaves free. */
export function contraction({ samples, priorVariance, mask }: Judgement): Record<string, number> {
  if (!samples || !priorVariance) return {};
  const cells = unmasked(mask).filter((i) => priorVariance[i] > 0);
  if (cells.length === 0) {
    throw new Uncomputable("The prior leaves no cell free: there is nothing to contract");
  }
  needSamples(samples.length / priorVariance.length, { least: 2, what: "the contraction" });
  return { contraction: contractionOf({ samples, priorVariance, cells }).value };
}

/** The posterior predictive p-value as given. */
export function predictive({ predictive }: Judgement): Record<string, number> {
  return predictive === undefined ? {} : { predictive };
}

/** Accuracy of a classifier between the samples and as many of the reference: 1/2 where it cannot tell them apart. */
export function c2st({ truth, samples, reference, key }: Judgement): Record<string, number> {
  if (!samples || !reference?.samples || !key) return {};
  const size = truth.length, n = Math.min(samples.length, reference.samples.length);
  const pair = { x: reference.samples.subarray(0, n), y: samples.subarray(0, n), size };
  return { c2st: classifierTest(pair, key).accuracy };
}
