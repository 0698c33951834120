import { assertAlmostEquals, assertEquals } from "@std/assert";
import { summaryOf } from "../../../core/run/summary.ts";
import { gainOf } from "../../../core/report/summary.ts";
import { metricOutputs } from "../../../core/metrics/mod.ts";
import { absencesOf } from "../../../core/report/absence.ts";
import { metricFormat } from "../../../core/report/metric_format.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";
import { vector } from "../../spaces.ts";

const SPEC = `
name: means
seed: 1
prior: { kind: gaussian }
operator: { kind: matrix }
noise: { kind: gaussian, level: { sigma: 1 } }
summary: { kind: identity }
evaluation: { observations: 3, samples: 8 }
`;
const { spec } = await loadSpec("spec.yaml", { registry, text: SPEC });
const silent = "The truth is 0 everywhere";

const summary = summaryOf(spec, {
  hash: "0",
  engine: "wasm",
  seconds: 0,
  survey: { domain: vector(4), sources: 1, unit: "m" },
  stages: [],
  gates: [],
  metrics: metricOutputs(registry),
  looks: { cgls: { label: "least squares", color: "#ccbb44", samples: false } },
  outcomes: [{
    name: "nominal",
    slug: "nominal",
    values: {
      amortized: [{ snr: 1, rmse: 2 }, { rmse: 4 }, { snr: 3, rmse: 6 }],
      corrected: [{ snr: 5, rmse: 1 }, { rmse: 1 }, { snr: 8, rmse: 1 }],
      cgls: [{}, {}, { snr: 4 }],
    },
    absent: {
      amortized: [{}, { snr: silent }, {}],
      corrected: [{}, { snr: silent }, {}],
      cgls: [{ snr: silent }, { snr: "The estimate equals the truth" }, {}],
    },
  }],
});
const [nominal] = summary.scenarios;

Deno.test("means are over the observations that have a metric, and say of how many they are not", () => {
  assertEquals(nominal.amortized, { snr: 2, rmse: 4 });
  assertEquals(nominal.baselines, { cgls: { snr: 4 } });
  assertEquals(nominal.absent, {
    amortized: { snr: { [silent]: 1 } },
    corrected: { snr: { [silent]: 1 } },
    cgls: { snr: { [silent]: 1, "The estimate equals the truth": 1 } },
  });
  assertEquals(absencesOf(nominal, metricFormat(summary.metrics)).slice(-2), [
    "no SNR of least squares in 1 of 3: The truth is 0 everywhere",
    "no SNR of least squares in 1 of 3: The estimate equals the truth",
  ]);
});

Deno.test("the summary says what its numbers are, in the unknown's own unit, and nothing of other metrics", () => {
  assertEquals(summary.metrics, {
    snr: { label: "SNR", unit: "dB", better: "higher", decimals: 2 },
    rmse: { label: "RMSE", unit: "m", better: "lower" },
  });
});

Deno.test("errors are of the observations that have a metric, a gain's of those that have both; one has none", () => {
  assertAlmostEquals(nominal.errors!.amortized.snr!, 1, 1e-12); // 1 and 3
  assertAlmostEquals(nominal.errors!.gain.snr!, 0.5, 1e-12); // 4 and 5
  assertEquals(nominal.errors!.cgls, {});
  assertEquals([gainOf(nominal, "snr"), gainOf(nominal, "rmse")], [null, -3]);
});
