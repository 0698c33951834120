import { assert, assertEquals, assertMatch } from "@std/assert";
import { foreseen } from "../../../core/sweep/planner.ts";
import { cutOverride } from "../../../core/spec/sweep_space.ts";
import { trialIssues, trialLoader } from "../../../core/sweep/trial_specs.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";

const HEAD = `name: swept
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 6, columns: 4 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 16 }
training: { pairs: 64, epochs: 2 }
correction: { kind: low-rank, encoding: shots }
shifts: [{ name: "noise x 1.5", noise: { level: { scale: 1.5 } } }]
gates: { corrected.snr: ">= 0 dB" }
`;
const load = (sweep: string) => loadSpec("spec.yaml", { registry, text: `${HEAD}${sweep}` });
const METHODS = {
  random: "method: random",
  sobol: "method: sobol",
  tpe: "method: tpe, metric: corrected.snr, direction: max",
  asha: "method: asha, metric: corrected.snr, direction: max," +
    " resource: { key: correction.passes, min: 1, max: 7, eta: 2 }",
};

/** Every kind of setting that a range or a list may be over. */
const AXES = `axes: {
    training.epochs: { min: 2, max: 5 },
    training.pairs: { min: 40, max: 4096, scale: log },
    flow.hidden: { min: 8, max: 9 },
    training.validation: { min: 0.1, max: 0.49999999 },
    correction.optimizer.rate: { min: 1.0e-7, max: 0.3, scale: log },
    noise.level.sigma: { min: 0.12345678, max: 0.12345679 },
    noise.level.snr: { min: -3 dB, max: 7.25 dB },
    shifts.noise x 1.5.noise.level.scale: { min: 1.5, max: 3 },
    gates.corrected.snr: [">= 0 dB", ">= 2 dB"],
    flow.transform: [affine, spline] }`;

for (const [name, method] of Object.entries(METHODS)) {
  Deno.test(`every trial of ${name} over whole numbers, quantities, logarithms and choices is a valid spec`, async () => {
    const loaded = await load(`sweep: { ${method}, trials: 12, ${AXES} }\n`), { sweep } = loaded.spec;
    assertEquals(await trialIssues(loaded, { registry }), []);
    const trial = trialLoader(loaded, { registry, folder: "." }), trials = foreseen(sweep!, loaded.spec);
    assertEquals(trials.length, name === "asha" ? 48 : 12);
    const epochs = new Set<unknown>();
    for (const { overrides } of trials) {
      epochs.add((await trial(overrides)).spec.training!.epochs);
      for (const { key, value } of overrides.map(cutOverride)) {
        const axis = sweep!.axes[key] as { min: number; max: number };
        if (typeof value !== "number" || !axis) continue;
        assert(value >= axis.min && value <= axis.max, `${key} = ${value}`);
      }
    }
    assert(epochs.size > 1, "one number of epochs alone");
  });
}

const complaint = (sweep: string) => load(sweep).then(() => "accepted", (error) => error.message);

Deno.test("a range of which some values are none of the setting's is refused at its line", async () => {
  const random = (axes: string) => complaint(`sweep: { method: random, trials: 4, axes: { ${axes} } }`);
  assertEquals(
    await random("training.epochs: { min: 2.5, max: 5 }"),
    "spec.yaml:12:69: sweep.axes.training.epochs.min: is 2.5: integer takes whole numbers",
  );
  assertMatch(
    await random("evaluation.tradeoff: { min: 0, max: 1 }"),
    /^spec\.yaml:12:73: sweep\.axes\.evaluation\.tradeoff\.min: evaluation\.tradeoff is 0: it must be true or false/,
  );
  const born = `name: born
seed: 1
prior: { kind: layered-geology }
operator:
  kind: born
  grid: { shape: [16, 16], spacing: [10 m, 10 m] }
  background: { kind: constant, velocity: 2.5 km/s }
  acquisition:
    sources: { count: 2, depth: 10 m }
    receivers: { count: 4, depth: 10 m }
    wavelet: { kind: ricker, frequency: 15 Hz }
    record: { length: 0.4 s, interval: 1 ms }
noise: { kind: band-limited, level: { snr: 5 dB } }
sweep: { method: random, trials: 4, axes: { operator.order: { min: 4, max: 16, integer: true } } }
`;
  const said = await loadSpec("spec.yaml", { registry, text: born }).then(() => "", (error) => error.message);
  assertEquals(
    said,
    "spec.yaml:14:61: sweep.axes.operator.order: draws values such as 5: " +
      "operator.order is 5: it must be one of 4, 8, 12, 16; write a list of values",
  );
});

Deno.test("values that are valid alone and not together are told with their trial, at the sweep", async () => {
  const loaded = await load("sweep: { correction.kind: [low-rank, diagonal], correction.rank: [1, 2] }");
  const [{ line, column, path, message }, ...others] = await trialIssues(loaded, { registry });
  assertEquals([line, column, path, others], [12, 1, "sweep", []]);
  assertMatch(
    message,
    /^2 of 4 trials are refused; the first, kind=diagonal {2}rank=1: correction\.rank is not a key here: /,
  );
  assertEquals((await trialIssues(loaded, { registry, most: 1 })).length, 0);
});
