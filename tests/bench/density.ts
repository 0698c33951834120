import { encode } from "fast-png";
import { openEngine } from "../../core/engine/mod.ts";
import { fold, rootKey } from "../../core/base/random.ts";
import {
  checkerboard,
  drawPoints,
  fitDensity,
  heldOut,
  mixture,
  mixtureEntropy,
  moons,
  planeFlow,
  rings,
  type Target,
} from "../flows/densities.ts";
import type { Measurement } from "./main.ts";

const TARGETS: Readonly<Record<string, { target: Target; entropy?: number }>> = {
  moons: { target: moons },
  checkerboard: { target: checkerboard, entropy: Math.log(8) },
  rings: { target: rings },
  mixture: { target: mixture, entropy: mixtureEntropy() },
};
const FOLDER = new URL("../../results/density/", import.meta.url);
const SETTINGS = { steps: 3000, batch: 512, rate: 1e-3 };
const SIDE = 256, EXTENT = 3, POINTS = 200_000;

/** Counts of points on SIDE x SIDE cells of [-EXTENT, EXTENT]^2. */
function histogram(values: Float32Array): Float64Array {
  const counts = new Float64Array(SIDE ** 2),
    cell = (v: number) => Math.floor((v + EXTENT) / (2 * EXTENT) * SIDE);
  for (let i = 0; i < values.length; i += 2) {
    const [column, row] = [cell(values[i]), SIDE - 1 - cell(values[i + 1])];
    if (Math.min(column, row) >= 0 && Math.max(column, row) < SIDE) counts[row * SIDE + column]++;
  }
  return counts;
}

/** Histograms side by side, the truth on the left, on one grey scale. */
function picture(pair: readonly Float64Array[]): Uint8Array {
  const most = [...pair[0]].sort((a, b) => a - b)[Math.floor(0.995 * SIDE ** 2)];
  const data = new Uint8Array(2 * SIDE ** 2);
  pair.forEach((counts, side) =>
    counts.forEach((count, i) => {
      const at = 2 * SIDE * Math.floor(i / SIDE) + side * SIDE + i % SIDE;
      data[at] = 255 - Math.min(255, Math.round(255 * count / most));
    })
  );
  return encode({ width: 2 * SIDE, height: SIDE, data, channels: 1 });
}

/** Held-out negative log density of spline flows in the plane; pictures of samples in results/density. */
export async function* bench(): AsyncIterable<Measurement> {
  await openEngine("wasm");
  await Deno.mkdir(FOLDER, { recursive: true });
  const flow = planeFlow(), key = rootKey(1);
  for (const [name, { target, entropy }] of Object.entries(TARGETS)) {
    const params = await fitDensity(flow, target, { ...SETTINGS, key: fold(key, name) });
    const { mean, error } = await heldOut(flow, params, { target, key });
    yield { name: `${name}, held-out negative log density`, value: mean, unit: "nats" };
    yield { name: `${name}, standard error`, value: error, unit: "nats" };
    if (entropy !== undefined) {
      yield { name: `${name}, above the entropy`, value: mean - entropy, unit: "nats" };
    }
    const samples = await drawPoints(flow, params, { key: fold(key, "samples"), n: POINTS });
    const truth = target(fold(key, "truth"), POINTS);
    await Deno.writeFile(new URL(`${name}.png`, FOLDER), picture([truth, samples].map(histogram)));
  }
}
