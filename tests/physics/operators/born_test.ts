import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { Vector } from "../../../core/contracts/vector.ts";
import { checkText } from "../../../core/cli/check_text.ts";
import { inspect, loadSpec } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";
import { encodeNpy } from "../../../core/data/npy.ts";
import { velocityModel } from "../../../physics/background.ts";
import { born } from "../../../physics/operators/born.ts";
import { checkBorn } from "../../../physics/operators/born_checks.ts";
import { encodeSegy } from "../../../physics/segy.ts";
import { ricker } from "../../../physics/wavelet.ts";
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
      record: { length: "0.3 s", interval: "1.378 ms" },
    },
  };
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split("."), last = keys.pop()!;
    keys.reduce((node, key) => node[key], all)[last] = value;
  }
  return all;
}

const context = { specFolder: ".", encoding: "orthogonal" } as const;

function preflight(changes: Record<string, unknown>) {
  return checkBorn(born.schema.parse(options(changes)) as any, context);
}

/** Data of one shot in f64, of a model that is the same for all. */
async function shotData(
  changes: Record<string, unknown>,
  { shot = 0, specFolder = "." }: { shot?: number; specFolder?: string } = {},
): Promise<Vector> {
  const parsed = born.schema.parse(options({ snapshotEvery: 2, ...changes }));
  const survey = await born.build(parsed, {
    resources: { workers: 1, memory: 1e9 },
    engine: "oracle",
    specFolder,
  });
  try {
    return await survey.shot(shot).forward(Float64Array.from({ length: 576 }, (_, i) => Math.sin(i * i)));
  } finally {
    await survey.close();
  }
}

Deno.test("the spec of the field experiments is accepted, with its defaults", async () => {
  const parsed = born.schema.parse(options()) as any;
  assertEquals([parsed.order, parsed.boundary, parsed.amplitude], [8, { kind: "sponge", cells: 40 }, 1e-8]);
  assertEquals(checkBorn(parsed, context), []);
  const survey = await born.build(parsed, { resources: { workers: 1, memory: 1e9 } });
  assertEquals([survey.domain.shape, survey.shotRange.shape, survey.sources], [[24, 24], [4, 218], 2]);
  assertEquals(survey.mask.indexOf(1), 5 * 24, "the water is muted");
  await survey.close();
});

Deno.test("the largest default snapshot step still images well", async () => {
  const images: Vector[] = [];
  for (const snapshotEvery of [undefined, 1]) {
    const survey = await born.build(born.schema.parse(options({ snapshotEvery })), {
      resources: { workers: 1, memory: 1e9 },
      engine: "oracle",
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
    const survey = await born.build(born.schema.parse(options({ mute })), {
      resources: { workers: 1, memory: 1e9 },
    });
    assertEquals(survey.mask.indexOf(1), rows * 24);
    await survey.close();
  }
});

Deno.test("points are the line that they lie on, weights scale shots, and dead receivers leave no trace", async () => {
  const plain = await shotData({}, { shot: 1 }), steps = plain.length / 4;
  const positions = [["25 m", "0 m"], ["25 m", "460 m"]];
  assertEquals(await shotData({ "acquisition.sources": { kind: "points", positions } }, { shot: 1 }), plain);
  const weighted = await shotData(
    { "acquisition.sources": { count: 2, depth: "25 m", weights: [1, -2] } },
    { shot: 1 },
  );
  assertLess(relativeError(weighted, plain.map((v) => -2 * v)), 1e-14);
  const alive = await shotData(
    { "acquisition.receivers": { count: 4, depth: "25 m", dead: [0, 2] } },
    { shot: 1 },
  );
  assertEquals(alive.subarray(0, steps), plain.subarray(steps, 2 * steps));
  assertEquals(alive.subarray(steps), plain.subarray(3 * steps));
});

Deno.test("a streamer's shot is that of receivers which lie where it is towed", async () => {
  const sources = { count: 2, depth: "25 m", first: "250 m", last: "400 m" };
  const towed = { kind: "streamer", count: 3, depth: "25 m", offset: "50 m", interval: "60 m", dead: [1] };
  for (const [shot, x] of [[0, 250], [1, 400]]) {
    const positions = [["25 m", `${x - 50} m`], ["25 m", `${x - 170} m`]];
    const fixed = await shotData({
      "acquisition.sources": sources,
      "acquisition.receivers": { kind: "points", positions },
    }, { shot });
    const moving = await shotData({
      "acquisition.sources": sources,
      "acquisition.receivers": towed,
    }, { shot });
    assertLess(relativeError(moving, fixed), 1e-14);
  }
});

Deno.test("preflight lets a moving spread be corrected shot by shot, or not at all", () => {
  const parsed = born.schema.parse(options({
    "acquisition.sources": { count: 2, depth: "25 m", first: "250 m", last: "400 m" },
    "acquisition.receivers": { kind: "streamer", count: 3, depth: "25 m", offset: "50 m", interval: "60 m" },
  }));
  for (const encoding of ["shots", undefined] as const) {
    assertEquals(checkBorn(parsed as any, { ...context, encoding }), []);
  }
  assertEquals(checkBorn(parsed as any, context).map(({ path }) => path.join(".")), [
    "acquisition.receivers.kind",
  ]);
});

Deno.test("models and wavelets from files, relative to the spec's folder, give the data of what they hold", async () => {
  const specFolder = await Deno.makeTempDir(), steps = 218;
  const { grid, background } = born.schema.parse(options()) as any;
  const model = velocityModel(background, grid);
  const pulse = ricker({ frequency: 30, count: steps, dt: 1.378e-3 }).samples;
  const column = (x: number) => Float32Array.from({ length: 24 }, (_, z) => model[24 * z + x]);
  const places = {
    cdp: 0,
    sourceX: 0,
    receiverX: 0,
    sourceElevation: 0,
    receiverElevation: 0,
    sourceDepth: 0,
  };
  const traces = Array.from({ length: 24 }, (_, x) => ({ ...places, cdp: x, samples: column(x) }));
  const segy = encodeSegy({ text: [], interval: 1e-3, format: "ieee", littleEndian: false, traces });
  await Deno.writeFile(`${specFolder}/model.npy`, encodeNpy(model, [24, 24]));
  await Deno.writeFile(`${specFolder}/model.SGY`, segy);
  await Deno.writeFile(`${specFolder}/pulse.npy`, encodeNpy(pulse, [steps]));
  const plain = await shotData({ mute: { rows: 5 } });
  const from = (changes: Record<string, unknown>) =>
    shotData({ mute: { rows: 5 }, ...changes }, { specFolder });
  try {
    assertEquals(await from({ background: { kind: "file", path: "model.npy" } }), plain);
    const single = await from({ background: { kind: "file", path: "model.SGY" } });
    assertLess(relativeError(single, plain), 1e-6);
    const wavelet = { kind: "file", path: "pulse.npy", interval: "1.378 ms" };
    assertLess(relativeError(await from({ "acquisition.wavelet": wavelet }), plain), 1e-12);
  } finally {
    await Deno.remove(specFolder, { recursive: true });
  }
});

Deno.test("inspection tells the dispersion of every velocity, the margin of the step and the last arrival", () => {
  const [table, step, record] = born.inspect!(born.schema.parse(options()), context);
  const [title, header, ...rows] = table.message.split("\n");
  assertEquals(title, "dispersion at order 8 along the spacing of 20 m:");
  assertEquals(header.trim().split(/ {2,}/), [
    "where",
    "velocity",
    "frequency",
    "points per wavelength",
    "phase velocity",
  ]);
  assertEquals(rows.map((row) => row.trim().split(/ {2,}/)), [
    ["water", "1500 m/s", "30.0 Hz", "2.50", "-11.84 %"],
    ["water", "1500 m/s", "75.0 Hz", "1.00", "not carried"],
    ["top", "2500 m/s", "30.0 Hz", "4.17", "+0.03 %"],
    ["top", "2500 m/s", "75.0 Hz", "1.67", "not carried"],
    ["bottom", "3300 m/s", "30.0 Hz", "5.50", "+0.25 %"],
    ["bottom", "3300 m/s", "75.0 Hz", "2.20", "not carried"],
  ]);
  assertMatch(
    step.message,
    /^the time step is 55 % of the largest stable one, 2\.519 ms, .* 9\.7 times a period$/,
  );
  assertMatch(record.message, /arrives at 0\.243 s of 0\.3 s/);
});

Deno.test("the last arrival is the wavelet's delay and twice the way to the last row", () => {
  const flat = {
    background: { kind: "constant", velocity: "2 km/s" },
    "acquisition.sources.depth": "20 m",
    "acquisition.receivers.depth": "30 m",
    "acquisition.wavelet.delay": "50 ms",
  };
  // 0.05 s + (267.5 m + 257.5 m) / 2000 m/s.
  const length = (text: string) => ({ ...flat, "acquisition.record.length": text });
  assertEquals(preflight(length("0.3126 s")), []);
  assertMatch(preflight(length("0.3124 s"))[0].message, /arrives at 0\.31[23] s under source 0/);
});

Deno.test("check prints what the operator finds with the spec's lines, once for all scenarios that share it", async () => {
  const path = fileURLToPath(new URL("../../../experiments/prior-shift.yaml", import.meta.url));
  const loaded = await loadSpec(path, { registry }), findings = inspect(loaded, registry);
  const place = (key: string) => loaded.text.split("\n").findIndex((line) => line.includes(key)) + 1;
  assertEquals(findings.map(({ path, line }) => [path, line]), [
    ["operator.grid.spacing", place("spacing:")],
    ["operator.acquisition.record.interval", place("record:")],
    ["operator.acquisition.record.length", place("record:")],
    ["operator.snapshotEvery", place("operator:")],
  ]);
  const text = checkText(loaded, undefined, { findings });
  assertStringIncludes(text, `${path}:${place("spacing:")}:`);
  assertStringIncludes(text, "operator.grid.spacing: dispersion at order 8");
});
