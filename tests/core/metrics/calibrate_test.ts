import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  calibrate,
  centralLevels,
  type Quantity,
  TARP,
  uniformEnvelope,
  uniformityTest,
} from "../../../core/metrics/mod.ts";
import { fold, rootKey, uniforms } from "../../../core/base/random.ts";
import { type Fault, misfit, plantedTrials, SIZE } from "./planted.ts";

const key = rootKey(41), cells = Array.from({ length: SIZE }, (_, i) => i);

/** Calibration of a planted sampler on 100 truths, about points that know the data. */
function calibrated(fault: Fault, labels?: readonly (string | undefined)[]) {
  const trials = plantedTrials(fold(key, "trials"), { count: 100, fault, n: 60 });
  const quantities: Record<string, Quantity> = {
    first: (x) => x[0],
    last: (x) => x[SIZE - 1],
    misfit: (x, trial) => misfit(x.subarray(0, SIZE), trials[trial].data),
  };
  const references = trials.map(({ posterior }) => posterior.mean); // of the data alone
  return calibrate(trials, { quantities, references, labels, cells, key });
}

Deno.test("an exact sampler is not rejected; a bias, half the width and the prior are", () => {
  const exact = calibrated("none");
  assertGreater(exact.pValue, 0.05);
  assertEquals(Object.keys(exact.ranks), ["first", "last", "misfit", TARP]);
  assertEquals([exact.observations, exact.samples], [100, 60]);
  for (const fault of ["bias", "narrow", "prior"] as const) assertLess(calibrated(fault).pValue, 0.01, fault);
});

Deno.test("a sampler of the prior is found by the misfit and by balls about points that know the data", () => {
  const { sbc, tarp } = calibrated("prior");
  assertGreater(Math.min(sbc.first, sbc.last), 0.02);
  assertLess(sbc.misfit, 0.001);
  assertLess(tarp, 0.001);
});

Deno.test("groups are of their own cells: no group of an exact sampler is rejected, of one half as wide all are", () => {
  const labels = ["top", "top", undefined, "bottom", "bottom", undefined];
  const exact = calibrated("none", labels).groups, narrow = calibrated("narrow", labels).groups;
  assertEquals(Object.keys(exact), ["top", "bottom", "all"]);
  assertGreater(Math.min(...Object.values(exact)), 0.02);
  assertLess(Math.max(...Object.values(narrow)), 0.01);
  assertAlmostEquals(exact.all, Math.min(1, 2 * Math.min(exact.top, exact.bottom)), 1e-12);
});

Deno.test("levels of central intervals are uniform where ranks are, for any number of samples", () => {
  for (const samples of [9, 60, 99]) {
    const ranks = Uint32Array.from(
      uniforms(fold(key, `ranks of ${samples}`), 4000),
      (u) => Math.floor(u * (samples + 1)),
    );
    const levels = centralLevels(ranks, { samples, key: fold(key, samples) });
    const { envelope } = uniformityTest({ count: 4000, outcomes: 50, key })(levels);
    assertGreater(envelope.pValue, 0.01, `${samples} samples`);
  }
  assertEquals([...centralLevels(Uint32Array.of(0, 99), { samples: 99, key })], [49, 49]);
  assertLess(centralLevels(Uint32Array.of(50), { samples: 99, key })[0], 2);
});

Deno.test("nineteen of twenty uniform distribution functions stay in the envelope everywhere", () => {
  const count = 60, outcomes = 50, band = uniformEnvelope({ count, outcomes, key: fold(key, "band") });
  const inside = Array.from({ length: 1000 }, (_, k) => {
    const ranks = uniforms(fold(fold(key, "uniform"), k), count).map((u) => Math.floor(u * outcomes));
    return Number(band.every(({ at, low, high }) => {
      const below = ranks.filter((rank) => rank < at * outcomes - 1e-9).length / count;
      return low - 1e-9 <= below && below <= high + 1e-9;
    }));
  });
  // Three binomial standard errors, and the envelope's own from 999 draws: 0.03.
  assertLess(Math.abs(inside.reduce((a, b) => a + b) / 1000 - 0.95), 0.03);
  assertEquals([band[0], band.at(-1)], [{ at: 0, low: 0, high: 0 }, { at: 1, low: 1, high: 1 }]);
});
