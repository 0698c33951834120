import { assert, assertEquals } from "@std/assert";
import type { SweepSpec } from "../../../core/contracts/spec.ts";
import { type PastTrial, type Planner, plannerOf } from "../../../core/sweep/planner.ts";
import { sobolBits } from "../../../core/base/sobol.ts";

const sweepOf = (part: Partial<SweepSpec>): SweepSpec => ({
  method: "grid",
  axes: {},
  zip: [],
  seeds: 1,
  metric: "corrected.crps",
  direction: "min",
  onError: "continue",
  ...part,
});
const range = (min: number | string, max: number | string, rest = {}) =>
  ({ min, max, scale: "linear", integer: false, ...rest }) as const;
const overrides = (planner: Planner, past: readonly PastTrial[] = []) =>
  planner.next(past, 1000).map((trial) => trial.overrides);

/** Runs a sweep to its end, one trial at a time. */
function played(planner: Planner, loss: (point: readonly number[], trial: PastTrial) => number): PastTrial[] {
  const past: PastTrial[] = [];
  for (let batch = planner.next(past, 1); batch.length > 0; batch = planner.next(past, 1)) {
    past.push({ ...batch[0], loss: loss(batch[0].point!, batch[0]) });
  }
  return past;
}

Deno.test("a grid holds every combination once, the last axis fastest, and seeds repeat each", () => {
  const axes = { "noise.level.snr": ["0 dB", "10 dB"], "flow.depth": [2, 4] };
  assertEquals(overrides(plannerOf(sweepOf({ axes }), { seed: 7 })), [
    ['noise.level.snr="0 dB"', "flow.depth=2"],
    ['noise.level.snr="0 dB"', "flow.depth=4"],
    ['noise.level.snr="10 dB"', "flow.depth=2"],
    ['noise.level.snr="10 dB"', "flow.depth=4"],
  ]);
  assertEquals(overrides(plannerOf(sweepOf({ axes: { a: [1, 2] }, seeds: 2 }), { seed: 7 })), [
    ["a=1", "seed=7"],
    ["a=1", "seed=8"],
    ["a=2", "seed=7"],
    ["a=2", "seed=8"],
  ]);
});

Deno.test("zipped axes go together through a grid, at the place of the first", () => {
  const axes = { a: [1, 2], c: ["x", "y"], b: [10, 20] };
  assertEquals(overrides(plannerOf(sweepOf({ axes, zip: [["b", "a"]] }), { seed: 0 })), [
    ["b=10", "a=1", 'c="x"'],
    ["b=10", "a=1", 'c="y"'],
    ["b=20", "a=2", 'c="x"'],
    ["b=20", "a=2", 'c="y"'],
  ]);
});

Deno.test("a rerun proposes what is missing, whatever was finished first", () => {
  const planner = plannerOf(sweepOf({ axes: { a: [1, 2, 3] } }), { seed: 0 });
  assertEquals(overrides(planner, [{ overrides: ["a=2"], loss: 0 }]), [["a=1"], ["a=3"]]);
});

for (const method of ["random", "sobol"] as const) {
  Deno.test(`${method}: more trials change no earlier one, values keep range, scale and unit`, () => {
    const axes = {
      rate: range(1e-4, 1, { scale: "log" }),
      passes: range(1, 9, { integer: true }),
      level: range("-5 dB", "5 dB"),
      kind: ["a", "b"],
    };
    const few = overrides(plannerOf(sweepOf({ method, axes, trials: 8 }), { seed: 3 }));
    const many = overrides(plannerOf(sweepOf({ method, axes, trials: 256 }), { seed: 3 }));
    assertEquals(many.slice(0, 8), few);
    const other = overrides(plannerOf(sweepOf({ method, axes, trials: 8 }), { seed: 4 }));
    assert(other.every((trial, i) => trial.join() !== few[i].join()));
    const values = many.map((trial) => trial.map((text) => JSON.parse(text.slice(text.indexOf("=") + 1))));
    const rates = values.map(([rate]) => rate as number), passes = values.map(([, p]) => p as number);
    assert(rates.every((rate) => rate >= 1e-4 && rate <= 1));
    const low = rates.filter((rate) => rate < 1e-2).length / 256;
    assert(Math.abs(low - 0.5) < 0.1, `${low} of the rates are in the lower half of the logarithm`);
    assertEquals([...new Set(passes)].sort(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert(values.every(([, , level]) => /^-?[\d.]+ dB$/.test(level) && Math.abs(parseFloat(level)) <= 5));
  });
}

Deno.test("an axis more leaves the random draws of the others as they were", () => {
  const one = plannerOf(sweepOf({ method: "random", axes: { a: range(0, 1) }, trials: 4 }), { seed: 1 });
  const axes = { b: range(0, 1), a: range(0, 1) };
  const two = plannerOf(sweepOf({ method: "random", axes, trials: 4 }), { seed: 1 });
  assertEquals(overrides(two).map(([, a]) => a), overrides(one).map(([a]) => a));
});

Deno.test("Sobol's points are those of Joe and Kuo's table in all 21 dimensions", () => {
  // scipy.stats.qmc.Sobol(21, scramble=False), point 37, times 2^32
  const published = [
    ...[3959422976, 2751463424, 2483027968, 3959422976, 3288334336, 1275068416, 738197504, 3422552064],
    ...[2617245696, 738197504, 67108864, 335544320, 2483027968, 3690987520, 469762048, 2080374784],
    ...[3422552064, 1811939328, 201326592, 603979776, 4093640704],
  ];
  assertEquals(published.map((_, d) => sobolBits(37, d)), published);
});

Deno.test("64 points of a Sobol sweep lie one in each cell of an 8 x 8 net; random ones do not", () => {
  const cells = (method: "sobol" | "random") => {
    const sweep = sweepOf({ method, axes: { a: range(0, 1), b: range(0, 1) }, trials: 64 });
    const points = plannerOf(sweep, { seed: 5 }).next([], 64).map(({ point }) => point!);
    return new Set(points.map(([a, b]) => `${Math.floor(8 * a)} ${Math.floor(8 * b)}`)).size;
  };
  assertEquals(cells("sobol"), 64);
  assert(cells("random") < 50);
});

/** A narrow bowl in two ranges and a choice of four, of which one is best. */
const bowl = ([a, b, c]: readonly number[]) =>
  (a - 0.7) ** 2 + (b - 0.2) ** 2 + (Math.floor(4 * c) === 1 ? 0 : 0.3);

Deno.test("tpe finds a lower minimum than random search in the mean over 20 seeds", () => {
  const axes = { a: range(0, 1), b: range(0, 1), c: ["p", "q", "r", "s"] };
  const best = (method: "tpe" | "random", seed: number) => {
    const planner = plannerOf(sweepOf({ method, axes, trials: 50 }), { seed });
    return Math.min(...played(planner, bowl).map(({ loss }) => loss!));
  };
  const mean = (method: "tpe" | "random") =>
    Array.from({ length: 20 }, (_, seed) => Math.log10(best(method, seed))).reduce((s, v) => s + v) / 20;
  const gain = mean("random") - mean("tpe");
  assert(gain > 0.4, `tpe gains ${gain} decades`);
});

Deno.test("asha promotes the best third of each rung, and only those reach the full resource", () => {
  const resource = { key: "correction.passes", min: 1, max: 9, eta: 3 };
  const sweep = sweepOf({ method: "asha", axes: { a: range(0, 1) }, trials: 27, resource });
  const past = played(plannerOf(sweep, { seed: 2 }), ([a]) => a);
  const at = (rung: number) => past.filter((trial) => trial.rung === rung);
  const best = at(0).map(({ loss }) => loss!).sort((x, y) => x - y);
  assertEquals([at(0).length, at(2).length >= 3], [27, true]);
  assert(at(1).length >= 9 && at(1).length <= 13, `${at(1).length} were promoted`);
  for (const loss of best.slice(0, 3)) assert(at(2).some((trial) => trial.loss === loss));
  assertEquals(new Set(at(2).map(({ overrides }) => overrides[1])), new Set(["correction.passes=9"]));
  assert(at(1).every((trial) => trial.loss! <= best[13]));
});

Deno.test("asha: a failed trial never rises, and what still runs is waited for", () => {
  const resource = { key: "n", min: 1, max: 3, eta: 3 };
  const planner = plannerOf(sweepOf({ method: "asha", axes: { a: [1] }, trials: 3, resource }), { seed: 0 });
  const past = planner.next([], 9) as PastTrial[];
  assertEquals(past.length, 3);
  assertEquals(planner.next(past, 9), []);
  const failed = past.map((trial) => ({ ...trial, loss: Infinity }));
  assertEquals(planner.next(failed, 9), []);
  const [risen] = planner.next(failed.with(1, { ...failed[1], loss: 2 }), 9);
  assertEquals([risen.config, risen.overrides], [1, ["a=1", "n=3"]]);
});
