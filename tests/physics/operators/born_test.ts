import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import type { Vector } from "../../../core/contracts/vector.ts";
import { born } from "../../../physics/operators/born.ts";
import { relativeError } from "../small.ts";

/** The options as a spec has them, with changes by key path. */
function options(changes: Record<string, unknown> = {}): Record<string, any> {
  const all: Record<string, any> = {
    grid: { shape: [24, 24], spacing: ["12.5 m", "20 m"] },
    background: {
      kind: "gradient",
      top: "2.5 km/s",
      bottom: "3.3 km/s",
      water: { depth: "62.5 m", velocity: "1.5 km/s" },
    },
    acquisition: {
      sources: { count: 2, depth: "25 m" },
      receivers: { count: 4, depth: "25 m" },
      wavelet: { kind: "ricker", frequency: "30 Hz" },
      record: { length: "0.2 s", interval: "1.378 ms" },
    },
  };
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split("."), last = keys.pop()!;
    keys.reduce((node, key) => node[key], all)[last] = value;
  }
  return all;
}

function preflight(changes: Record<string, unknown>) {
  return born.preflight!(born.schema.parse(options(changes)));
}

Deno.test("the spec of the field experiments is accepted, with its defaults", async () => {
  const parsed = born.schema.parse(options()) as any;
  assertEquals([parsed.order, parsed.boundary, parsed.amplitude], [8, { kind: "sponge", cells: 40 }, 1e-8]);
  assertEquals(born.preflight!(parsed), []);
  const survey = await born.build(parsed, { workers: 1 });
  assertEquals([survey.domain.shape, survey.shotRange.shape, survey.sources], [[24, 24], [4, 145], 2]);
  assertEquals(survey.mask.indexOf(1), 5 * 24, "the water is muted");
  await survey.close();
});

Deno.test("the largest default snapshot step still images well", async () => {
  const images: Vector[] = [];
  for (const snapshotEvery of [undefined, 1]) {
    const survey = await born.build(born.schema.parse(options({ snapshotEvery })), {
      workers: 1,
      precision: "f64",
    });
    const x = Float64Array.from({ length: 576 }, (_, i) => Math.sin(i * i));
    images.push(await survey.shot(0).forward(x));
    await survey.close();
  }
  const error = relativeError(images[0], images[1]);
  assertLess(error, 1e-3);
  assert(error > 0, "the default step is not above 1");
});

Deno.test("strict keys and units: a misspelt key, a bare number and a wrong dimension are refused", () => {
  for (
    const wrong of [{ sponge: 40 }, { "acquisition.wavelet.frequency": 30 }, {
      "grid.spacing": ["1 s", "1 s"],
    }]
  ) assert(!born.schema.safeParse(options(wrong)).success, JSON.stringify(wrong));
});

const COMPLAINTS: [string, Record<string, unknown>, RegExp][] = [
  ["acquisition.record.interval", {
    "acquisition.record.interval": "4 ms",
    "acquisition.wavelet.frequency": "10 Hz",
  }, /dt = 4 ms: it must be at most 2\.\d+ ms .* 3\.3 km\/s/],
  ["acquisition.receivers.depth", { "acquisition.receivers.depth": "1 km" }, /at most 287\.5 m/],
  ["acquisition.sources.last", { "acquisition.sources.last": "2 km" }, /at most 460 m/],
  ["grid.spacing", { "acquisition.wavelet.frequency": "36 Hz" }, /points per wavelength/],
  ["snapshotEvery", { snapshotEvery: 5 }, /at most 4/],
  ["mute", { mute: { rows: 24 } }, /fewer must be muted/],
];

for (const [path, changes, message] of COMPLAINTS) {
  Deno.test(`preflight names ${path} when it is wrong, and says what would be right`, () => {
    const complaints = preflight(changes);
    const complaint = complaints.find((c) => c.path.join(".") === path);
    assert(complaint, `only ${JSON.stringify(complaints)}`);
    assertMatch(complaint.message, message);
  });
}

Deno.test("a mute in metres or rows replaces the water's", async () => {
  for (const [mute, rows] of [[{ depth: "100 m" }, 8], [{ rows: 0 }, 0]] as const) {
    const survey = await born.build(born.schema.parse(options({ mute })), { workers: 1 });
    assertEquals(survey.mask.indexOf(1), rows * 24);
    await survey.close();
  }
});
