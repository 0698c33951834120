import { dirname, join } from "node:path";
import { encodeNpy } from "../../../core/data/npy.ts";
import { fold, type Key, normals, rootKey } from "../../../core/base/random.ts";
import { described } from "../metrics/by_kind.ts";

/** Cells of the image, and of the shot record. */
const SHAPE = [48, 64] as const, SHOT = [24, 120] as const;
const SAMPLES = 32;

/** A made-up run of an image problem: its numbers follow from nothing but this file, its form is a run's. */
export async function imageRun(
  folder: string,
  { name = "synthetic" }: { name?: string } = {},
): Promise<void> {
  const scenarios = [
    { name: "nominal", slug: "nominal", gain: 0.2 },
    { name: "other <b>geology</b> & noise", slug: "other-geology", gain: 2.4 },
  ];
  await writeText(folder, "spec.yaml", `name: ${name}\nseed: 19 # <script>alert("spec")</script>\n`);
  await writeText(folder, "resolved.yaml", `name: ${name}\nseed: 19\n`);
  await writeText(folder, "manifest.json", JSON.stringify(manifest(name)));
  await writeText(folder, "summary.json", JSON.stringify(summary(name, scenarios)));
  await writeText(folder, "metrics.jsonl", events(scenarios).map((e) => JSON.stringify(e)).join("\n") + "\n");
  for (const [s, { slug, gain }] of scenarios.entries()) {
    for (const i of [0, 1]) {
      await imageArrays(folder, `${slug}/${i}`, { key: fold(fold(rootKey(1), s), i), gain });
    }
  }
}

/** A made-up run of a two-dimensional vector problem with an exact Gaussian posterior. */
export async function vectorRun(folder: string): Promise<void> {
  const scenarios = [{ name: "nominal", slug: "nominal", gain: 0.5 }];
  const problem = { kind: "vector", shape: [3] };
  await writeText(folder, "spec.yaml", "name: toy\n");
  await writeText(folder, "resolved.yaml", "name: toy\n");
  await writeText(folder, "manifest.json", JSON.stringify(manifest("toy")));
  await writeText(
    folder,
    "summary.json",
    JSON.stringify({ ...summary("toy", scenarios), problem, metrics: described() }),
  );
  await writeText(folder, "metrics.jsonl", "");
  const key = rootKey(2), place = "nominal/0", n = 300;
  const draw = (stream: string, scale: number) =>
    normals(fold(key, stream), 3 * n).map((v, k, all) =>
      k % 3 === 1 ? scale * (0.8 * all[k - 1] + 0.6 * v) : scale * v
    );
  await writeArray(folder, `${place}/truth`, Float32Array.of(0.4, 0.9, -0.7), [3]);
  for (const [method, scale] of [["reference", 1], ["amortized", 1.4], ["corrected", 0.9]] as const) {
    await writeArray(folder, `${place}/${method}-samples`, draw(method, scale), [n, 3]);
    await writeArray(folder, `${place}/${method}-mean`, new Float32Array(3), [3]);
    await writeArray(folder, `${place}/${method}-std`, new Float32Array(3).fill(scale), [3]);
  }
  await writeArray(folder, `${place}/reference-covariance`, Float32Array.of(1, 0.8, 0, 0.8, 1, 0, 0, 0, 1), [
    3,
    3,
  ]);
}

function manifest(name: string) {
  return {
    status: "complete",
    name,
    seed: 19,
    git: { commit: "0123456789abcdef0123", dirty: true },
    deno: "2.9.6",
    engine: { name: "wasm", reason: "no adapter" },
    packages: { vega: "6.4.0" },
  };
}

const LOOKS = {
  reference: { label: "reference posterior", color: "#228833", samples: true },
  migration: { label: "migration, best scale", color: "#bbbbbb", samples: false },
  cgls: { label: "least squares", color: "#ccbb44", samples: false },
  amortized: { label: "amortized", color: "#4477aa", samples: true },
  corrected: { label: "corrected", color: "#ee6677", samples: true },
};

type Scenario = { name: string; slug: string; gain: number };

/** The summary of the made-up run: the corrected SNR is the amortized one plus the scenario's gain. */
export function summary(name: string, scenarios: readonly Scenario[]) {
  const values = (snr: number) => ({
    snr,
    rmse: 0.51 * 10 ** (-snr / 20),
    ssim: 0.4 + snr / 40,
    coverage50: 0.46,
    coverage90: 0.7 + snr / 100,
    coverage95: 0.88,
    crps: 0.3 * 10 ** (-snr / 20),
    dataResidual: 1.4 - snr / 30,
  });
  const error = {
    snr: 0.21,
    rmse: 0.012,
    ssim: 0.02,
    coverage50: 0.01,
    coverage90: 0.012,
    coverage95: 0.008,
    crps: 0.01,
    dataResidual: 0.002,
  };
  const point = (snr: number) => ({ snr, rmse: 0.51 * 10 ** (-snr / 20), dataResidual: 1.02 });
  return {
    name,
    specHash: "3f9c0a1b",
    engine: "wasm",
    seconds: 1234.5,
    problem: { kind: "image", shape: [...SHAPE], spacing: [12.5, 20], unit: "s²/km²" },
    stages: [
      { name: "simulate", seconds: 101, solves: 32768, cached: true },
      { name: "train", seconds: 840, solves: 0, cached: false },
      { name: "nominal", seconds: 90, solves: 1200, cached: false },
    ],
    metrics: described("s²/km²"),
    scenarios: scenarios.map(({ name, slug, gain }) => ({
      name,
      slug,
      observations: 2,
      methods: LOOKS,
      baselines: { cgls: point(6.2) },
      migration: point(2.1),
      amortized: values(7.1),
      corrected: values(7.1 + gain),
      errors: {
        amortized: error,
        corrected: error,
        gain: { snr: 0.3 },
        cgls: { snr: 0.3, rmse: 0.01, dataResidual: null },
      },
      cost: { solves: 160, passes: 5, seconds: 12.4 },
    })),
    gates: [
      { name: "corrected.snr_gain", value: 1.3, limit: ">= 1 dB", passed: true },
      { name: "corrected.coverage90", value: 0.78, limit: ">= 0.85", passed: false },
    ],
  };
}

function events(scenarios: readonly Scenario[]) {
  const noise = normals(rootKey(5), 400);
  const training = Array.from({ length: 300 }, (_, i) => ({
    stage: "train",
    step: 10 * i,
    epoch: Math.floor(i / 30),
    loss: -0.6 + 2 * Math.exp(-i / 20) + 0.04 * noise[i],
    rate: 1e-3,
    seconds: i,
  }));
  const validation = Array.from({ length: 10 }, (_, k) => ({
    stage: "validate",
    step: 300 * (k + 1) - 1,
    epoch: k,
    loss: -0.55 + 2 * Math.exp(-1.5 * (k + 1)),
    best: true,
  }));
  const corrections = scenarios.flatMap(({ name }) =>
    [0, 1].flatMap((observation) =>
      Array.from({ length: 80 }, (_, step) => ({
        stage: "correct",
        scenario: name,
        observation,
        step: step + 1,
        pass: 1 + Math.floor(step / 16),
        objective: 900,
        misfit: 800 + 500 * Math.exp(-step / 12) * (1 + 0.2 * noise[step + 90 * observation]),
        solves: 2 * step,
      }))
    )
  );
  return [...training, ...validation, ...corrections];
}

async function imageArrays(
  folder: string,
  place: string,
  { key, gain }: { key: Key; gain: number },
): Promise<void> {
  const truth = layers(fold(key, "truth")), size = truth.length;
  const error = smooth(normals(fold(key, "error"), size), 3);
  const put = (name: string, data: Float32Array | Float64Array, shape: readonly number[]) =>
    writeArray(folder, `${place}/${name}`, data, shape);
  await put("truth", truth, SHAPE);
  await put("migration", smooth(truth, 1).map((v) => 40 * v), SHAPE);
  await put("cgls-mean", truth.map((v, i) => 0.8 * v + 0.9 * error[i]), SHAPE);
  for (const [method, amount] of [["amortized", 0.8], ["corrected", 0.8 * 10 ** (-gain / 20)]] as const) {
    const mean = truth.map((v, i) => v + amount * error[i]);
    const std = smooth(truth.map(Math.abs), 3).map((v) => amount * (0.1 + 0.5 * v));
    const draws = normals(fold(key, method), SAMPLES * size);
    await put(`${method}-mean`, mean, SHAPE);
    await put(`${method}-std`, std, SHAPE);
    await put(`${method}-samples`, draws.map((v, k) => mean[k % size] + std[k % size] * v), [
      SAMPLES,
      ...SHAPE,
    ]);
    await put(
      `${method}-snr-by-samples`,
      Float64Array.from([1, 4, 2, 5.5, 4, 6.4, 8, 6.9, 16, 7.1, 32, 7.1 + gain]),
      [6, 2],
    );
  }
  const shot = smooth(normals(fold(key, "shot"), SHOT[0] * SHOT[1]), 2, SHOT);
  await put("observed", shot, SHOT);
  await put("predicted", shot.map((v) => 0.9 * v), SHOT);
  await put("interval", Float64Array.of(0.00625), [1]);
}

/** Dipping layers with a fault. */
function layers(key: Key): Float32Array {
  const [rows, columns] = SHAPE, reflectivity = normals(key, 2 * rows);
  const image = Float32Array.from({ length: rows * columns }, (_, i) => {
    const z = Math.floor(i / columns), x = i % columns;
    return z < 6 ? 0 : reflectivity[Math.floor(z + 0.2 * x + (x > 36 ? 5 : 0))];
  });
  return smooth(image, 1);
}

/** Repeated three-point averages along both axes. */
function smooth(x: Float32Array, times: number, [rows, columns]: readonly number[] = SHAPE): Float32Array {
  let out = x;
  for (let t = 0; t < times; t++) {
    for (const [stride, count] of [[columns, rows], [1, columns]]) {
      out = out.map((v, i) => {
        const at = Math.floor(i / stride) % count;
        return 0.5 * v + 0.25 * (at > 0 ? out[i - stride] : v) +
          0.25 * (at < count - 1 ? out[i + stride] : v);
      });
    }
  }
  return out;
}

async function writeText(folder: string, name: string, text: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, name), text);
}

async function writeArray(
  folder: string,
  name: string,
  data: Float32Array | Float64Array,
  shape: readonly number[],
) {
  const path = join(folder, "arrays", `${name}.npy`);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, encodeNpy(data, shape));
}
