import { written } from "../../core/base/units.ts";
import type { Remark, SpecContext } from "../../core/contracts/plugin.ts";
import { namedVelocities, velocityRange } from "../background.ts";
import type { Scene } from "../born.ts";
import { errorText, largestEvery, snapshotError } from "../snapshots.ts";
import { maxTimeStep, phaseError } from "../stencil.ts";
import { highestFrequency, peakFrequency } from "../wavelet.ts";
import { latestReflection } from "./born_arrival.ts";
import { loadBorn, type LoadedBorn } from "./born_files.ts";
import { sceneOf } from "./born_geometry.ts";
import type { BornOptions } from "./born_schema.ts";

/** How well the grid, the time step and the record fit the waves. */
export function inspectBorn(options: BornOptions, { specFolder }: SpecContext): Remark[] {
  const loaded = loadBorn(options, specFolder), scene = sceneOf(loaded), { velocity } = scene;
  return [
    { path: ["grid", "spacing"], message: dispersionTable(loaded) },
    { path: ["acquisition", "record", "interval"], message: stepText(loaded, velocity) },
    { path: ["acquisition", "record", "length"], message: recordText(loaded, velocity) },
    { path: ["snapshotEvery"], message: snapshotText(scene) },
  ];
}

/** Points per wavelength and error of the phase velocity along the coarser axis, at the peak and highest frequency. */
function dispersionTable({ grid: { spacing }, background, order, acquisition }: LoadedBorn): string {
  const { wavelet, record: { interval: dt } } = acquisition, h = Math.max(...spacing);
  const frequencies = [peakFrequency(wavelet), highestFrequency(wavelet)];
  const rows = namedVelocities(background).flatMap(({ name, velocity }) =>
    frequencies.map((frequency) => [
      name,
      `${Math.round(velocity)} m/s`,
      `${frequency.toFixed(1)} Hz`,
      (velocity / frequency / h).toFixed(2),
      phaseText(phaseError(order, { h, dt, frequency, velocity })),
    ])
  );
  const header = ["where", "velocity", "frequency", "points per wavelength", "phase velocity"];
  return [`dispersion at order ${order} along the spacing of ${h} m:`, ...aligned([header, ...rows])].join(
    "\n",
  );
}

function phaseText(error: number): string {
  if (error === -1) return "not carried";
  const percent = 100 * error;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(2)} %`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    `    ${row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ")}`
  );
}

function stepText(
  { grid: { spacing }, order, acquisition: { wavelet, record: { interval } } }: LoadedBorn,
  velocity: Float64Array,
): string {
  const limit = maxTimeStep(order, { spacing, velocity: velocityRange(velocity)[1] });
  const highest = highestFrequency(wavelet);
  return `the time step is ${(100 * interval / limit).toFixed(0)} % of the largest stable one, ` +
    `${written("time", limit, "ms", "at most")}, and samples the highest frequency, ${
      highest.toFixed(1)
    } Hz, ` +
    `${(1 / (highest * interval)).toFixed(1)} times a period`;
}

function recordText(options: LoadedBorn, velocity: Float64Array): string {
  const { time } = latestReflection(options, velocity), { length } = options.acquisition.record;
  return `the peak reflected by the deepest row arrives at ${written("time", time, "s")} of ${
    written("time", length, "s")
  }`;
}

function snapshotText(scene: Scene): string {
  const largest = largestEvery(scene), every = scene.every ?? largest, error = snapshotError(scene);
  const next = `; every ${largest + 1} steps by ${errorText(error(largest + 1))}`;
  if (every === 1) return `the background is kept at every step, so J is exact${largest === 1 ? next : ""}`;
  return `the background is kept every ${every} steps: J is off by at most ${errorText(error(every))}${next}`;
}
