import { assert, assertEquals, assertGreater, assertLess, assertRejects, assertThrows } from "@std/assert";
import { Oracle } from "../../../physics/propagator/oracle.ts";
import { combineRows, type Geometry, settingOf } from "../../../physics/propagator/setting.ts";
import { workerPool } from "../../../physics/propagator/pool.ts";
import { ShotSolver } from "../../../physics/propagator/shots.ts";
import { type Kernels, model } from "../../../physics/propagator/solve.ts";
import { BUILDS, compiled } from "../../../physics/propagator/wasm/build.ts";
import { kernelFile, type Snapshots, WasmKernels } from "../../../physics/propagator/wasm/kernels.ts";
import { ORDERS } from "../../../physics/stencil.ts";
import { noise64, relativeError, smallGeometry } from "../small.ts";
import { roundingBound } from "./rounding.ts";

Deno.test("the committed kernels are what their source compiles to", async () => {
  for (const [file, source] of BUILDS) {
    const committed = await Deno.readFile(file), built = await compiled(source);
    assert(
      committed.length === built.length && committed.every((byte, i) => byte === built[i]),
      `${file}: run deno run -A physics/propagator/wasm/build.ts`,
    );
  }
});

async function wasmKernels(geometry: Geometry, snapshots: Snapshots): Promise<WasmKernels> {
  return new WasmKernels(settingOf(geometry), {
    code: await Deno.readFile(kernelFile(geometry.order)),
    snapshots,
  });
}

/** What rounding may change in J and J^T of the small survey. */
const BOUND = roundingBound(settingOf(smallGeometry()), { solves: 2 });

const SHOT = { name: "shot 1", key: "1", weights: Float64Array.of(0, 1, 0), firstReceiver: 0 };

/** J x and J^T d of shot 1. */
function shotOne(kernels: Kernels, geometry: Geometry) {
  const solver = new ShotSolver(kernels, settingOf(geometry)), [nz, nx] = geometry.grid.shape;
  const shot = { ...SHOT, slot: 0 };
  const x = noise64(5, nz * nx),
    d = noise64(6, geometry.receivers[0].length * geometry.wavelet.samples.length);
  const one = { count: 1, shots: [shot] };
  return {
    data: solver.solve({ operation: "demigrate", input: x, ...one }).output,
    image: solver.solve({ operation: "migrate", input: d, ...one }).output,
  };
}

for (const order of ORDERS) {
  Deno.test(`the WebAssembly kernels of order ${order} agree with the oracle to f32 rounding`, async () => {
    for (const changes of [{}, { sponge: { cells: 0 } }, { every: 1, muteRows: 0, sponge: { cells: 7 } }]) {
      const geometry = smallGeometry({ order, ...changes });
      const setting = settingOf(geometry), bound = roundingBound(setting, { solves: 2 });
      const oracle = shotOne(new Oracle(setting, { precision: "f64" }), geometry);
      const fast = shotOne(await wasmKernels(geometry, "f32"), geometry);
      assertLess(relativeError(fast.data, oracle.data), bound, JSON.stringify(changes));
      assertLess(relativeError(fast.image, oracle.image), bound, JSON.stringify(changes));
    }
  });
}

for (const [snapshots, limit] of [["int16", 2e-4], ["f16", 6e-4]] as const) {
  Deno.test(`${snapshots} snapshots change Born data by less than ${limit}, and are not f32 snapshots`, async () => {
    const geometry = smallGeometry();
    const exact = shotOne(new Oracle(settingOf(geometry), { precision: "f64" }), geometry);
    const error = relativeError(shotOne(await wasmKernels(geometry, snapshots), geometry).data, exact.data);
    assertLess(error, limit);
    assertGreater(error, BOUND);
  });
}

Deno.test("the f32 oracle rounds like f32: its distance from f64 is small and not zero", () => {
  const geometry = smallGeometry();
  const [f32, f64] = (["f32", "f64"] as const).map((precision) =>
    shotOne(new Oracle(settingOf(geometry), { precision }), geometry)
  );
  const error = relativeError(f32.data, f64.data);
  assertLess(error, BOUND);
  assertGreater(error, 1e-9);
});

/** Whether any trace of a shot has a value that is nearly, but not quite, zero. */
function hasTinyValues(kernels: Kernels, geometry: Geometry): boolean {
  const setting = settingOf(geometry);
  kernels.setSource(combineRows(setting.sources, Float64Array.of(1)));
  model(kernels, setting);
  return kernels.readTraces().some((v) => v !== 0 && Math.abs(v) < 1e-30);
}

Deno.test("a wave that has not arrived yet is zero, not a slow denormal number", async () => {
  const geometry = smallGeometry({
    grid: { shape: [64, 64], spacing: [12.5, 20] },
    velocity: new Float64Array(4096).fill(2000),
    sources: [[0, 640]],
    receivers: [Array.from({ length: 64 }, (_, row) => [12.5 * row, 640] as const)],
  });
  assert(hasTinyValues(new Oracle(settingOf(geometry), { precision: "f32" }), geometry), "nothing to flush");
  assert(!hasTinyValues(await wasmKernels(geometry, "f32"), geometry));
});

Deno.test("more wavefields than one worker can address are refused in a sentence", async () => {
  const kernels = await wasmKernels(smallGeometry(), "int16");
  assertThrows(() => kernels.selectSlot(1e6), Error, "in one worker's 4 GiB");
});

Deno.test("a worker that cannot start says so to whoever solves, and the pool closes", async () => {
  const setting = settingOf(smallGeometry()), shot = { ...SHOT, slot: 0 };
  const broken = { ...setting, wavelet: undefined } as unknown as typeof setting;
  const pool = workerPool(broken, { workers: 1, snapshots: "int16" });
  const batch = { operation: "demigrate", count: 1, input: new Float32Array(266), shots: [shot] } as const;
  await assertRejects(() => pool.run(0, batch), Error, "in a wave propagation worker, starting");
  await assertRejects(() => pool.run(0, batch), Error, "wave propagation worker");
  assertEquals(pool.load, [0]);
  pool.close();
});
