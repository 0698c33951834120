import { assertGreater, assertLess } from "@std/assert";
import { openDevice } from "../../../core/engine/mod.ts";
import { positionsOf } from "../../../physics/acquisition.ts";
import { velocityModel } from "../../../physics/background.ts";
import type { Grid } from "../../../physics/grid.ts";
import { Oracle } from "../../../physics/propagator/oracle.ts";
import { type Pool, workerPool } from "../../../physics/propagator/pool.ts";
import { type Geometry, type Setting, settingOf } from "../../../physics/propagator/setting.ts";
import { type Batch, ShotSolver } from "../../../physics/propagator/shots.ts";
import { webgpuPool } from "../../../physics/propagator/webgpu/pool.ts";
import { ricker } from "../../../physics/wavelet.ts";
import { adapterAvailable } from "../../available.ts";
import { noise64, relativeError } from "../small.ts";
import { referenceErrors, referenceGeometry, solveReference } from "./reference.ts";
import { roundingBound } from "./rounding.ts";

/** A survey unlike the record's: square cells, where the coefficients' rounding rules, a sponge, more steps. */
function squareGeometry(): Geometry {
  const grid: Grid = { shape: [72, 80], spacing: [10, 10] };
  return {
    grid,
    velocity: velocityModel(
      { kind: "gradient", top: 2000, bottom: 3200, water: { depth: 50, velocity: 1500 } },
      grid,
    ),
    sources: positionsOf({ count: 2, depth: 30 }, grid),
    receivers: [positionsOf({ count: 16, depth: 35 }, grid)],
    wavelet: ricker({ frequency: 12, delay: 0.1, count: 420, dt: 0.9e-3 }),
    order: 8,
    sponge: { cells: 20 },
    muteRows: 5,
    amplitude: 1e-8,
    every: 1,
  };
}

/** One shot's background data, J x and J^T d. */
function batchesOf({ grid: { shape: [nz, nx] }, receivers, wavelet }: Geometry): Batch[] {
  const shots = [{ name: "shot", key: "0", slot: 0, firstReceiver: 0, weights: Float64Array.of(1, 0) }];
  const x = noise64(5, nz * nx), d = noise64(6, receivers[0].length * wavelet.samples.length);
  return [
    { operation: "model", count: 1, input: x.map(() => 0), shots },
    { operation: "demigrate", count: 1, input: x, shots },
    { operation: "migrate", count: 1, input: d, shots },
  ];
}

/** The oracle in f64; of another setting than the survey's it is a wrong kernel. */
function oracleSolve(setting: Setting, batches: readonly Batch[]) {
  const solver = new ShotSolver(new Oracle(setting, { precision: "f64" }), setting);
  return batches.map((batch) => solver.solve(batch).output);
}

const square = squareGeometry(), squareSetting = settingOf(square), squareBatches = batchesOf(square);
const squareExact = oracleSolve(squareSetting, squareBatches);
const record = referenceGeometry(), recordSetting = settingOf(record);

/** The f32 kernels, each as a pool of one. */
const KERNELS: Record<string, (setting: Setting) => Promise<Pool>> = {
  WebAssembly: (setting) => Promise.resolve(workerPool(setting, { workers: 1, snapshots: "f32" })),
  WebGPU: async (setting) => {
    const device = await openDevice(), pool = webgpuPool(setting, { device, snapshots: "f32", slots: 2 });
    return { ...pool, close: () => (pool.close(), device.close()) };
  },
};

for (const [name, open] of Object.entries(KERNELS)) {
  const ignore = name === "WebGPU" && !await adapterAvailable();

  Deno.test({
    name: `${name} agrees with an independent solver to f32 rounding`,
    ignore,
    async fn() {
      const pool = await open(recordSetting);
      const { scalar, born, image } = referenceErrors(await solveReference(pool), "closed");
      pool.close();
      assertLess(scalar, roundingBound(recordSetting, { solves: 1 }));
      assertLess(born, roundingBound(recordSetting, { solves: 2 }));
      assertLess(image, roundingBound(recordSetting, { solves: 2 }));
    },
  });

  Deno.test({
    name: `${name} agrees with the oracle to f32 rounding on square cells`,
    ignore,
    async fn() {
      const pool = await open(squareSetting);
      for (const [i, batch] of squareBatches.entries()) {
        const { output } = await pool.run(0, batch), solves = batch.operation === "model" ? 1 : 2;
        assertLess(relativeError(output, squareExact[i]), roundingBound(squareSetting, { solves }));
      }
      pool.close();
    },
  });
}

/** Settings with one number wrong by 1e-4 of its value. */
function wrongSettings(setting: Setting): Record<string, Setting> {
  const coefficient = (k: number) => setting.laplacian.map((c, i) => i === k ? 1.0001 * c : c);
  return {
    "the Laplacian's coefficient of the cell": { ...setting, laplacian: coefficient(0) },
    "that of its neighbours along x": { ...setting, laplacian: coefficient(1) },
    "that of the next ones": { ...setting, laplacian: coefficient(2) },
    "squared velocity": { ...setting, AC: setting.AC.map((v) => 1.0001 * v) },
    "scattering": { ...setting, scattering: 1.0001 * setting.scattering },
  };
}

for (const [name, geometry] of Object.entries({ record, square })) {
  Deno.test(`a kernel with one number wrong by 1e-4 exceeds the bound: ${name}`, () => {
    const setting = settingOf(geometry), bound = roundingBound(setting, { solves: 2 });
    const [, demigrate] = batchesOf(geometry), [exact] = oracleSolve(setting, [demigrate]);
    for (const [number, wrong] of Object.entries(wrongSettings(setting))) {
      // Wrong scattering accumulates nothing: the error is 1e-4, less than coefficients lose on square cells.
      if (name === "square" && number === "scattering") continue;
      const [data] = oracleSolve(wrong, [demigrate]);
      assertGreater(relativeError(data, exact), 3 * bound, number);
    }
  });
}
