import { assertEquals, assertGreater, assertLess, assertRejects, assertThrows } from "@std/assert";
import { type ComputeDevice, openDevice } from "../../../core/engine/mod.ts";
import { oraclePool, type Pool } from "../../../physics/propagator/pool.ts";
import { type Geometry, settingOf } from "../../../physics/propagator/setting.ts";
import type { Batch, Shot } from "../../../physics/propagator/shots.ts";
import type { Snapshots } from "../../../physics/propagator/wasm/kernels.ts";
import { webgpuPool } from "../../../physics/propagator/webgpu/pool.ts";
import { ORDERS } from "../../../physics/stencil.ts";
import { inner, noise64, relativeError, smallGeometry } from "../small.ts";
import { adapterAvailable } from "../../available.ts";
import { roundingBound } from "./rounding.ts";

const ignore = !await adapterAvailable();

/** What rounding may change in J and J^T of the small survey. */
const BOUND = roundingBound(settingOf(smallGeometry()), { solves: 2 });

interface Options {
  readonly snapshots?: Snapshots;
  readonly slots?: number;
  readonly laneBytes?: number;
}

function poolOn(
  device: ComputeDevice,
  geometry: Geometry,
  { snapshots = "f32", slots = 3, laneBytes }: Options = {},
) {
  return webgpuPool(settingOf(geometry), { device, snapshots, slots, laneBytes });
}

function test(name: string, fn: (device: ComputeDevice) => Promise<void> | void): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      const device = await openDevice();
      try {
        await fn(device);
      } finally {
        device.close();
      }
    },
  });
}

function shotOf(i: number, changes: Partial<Shot> = {}): Shot {
  const weights = Float64Array.from({ length: 3 }, (_, j) => j === i ? 1 : 0);
  return { name: `shot ${i}`, key: `${i}`, slot: i, firstReceiver: 0, weights, ...changes };
}

const SHOTS = [0, 1, 2].map((i) => shotOf(i));

/** Random inputs of each operation. */
function batchesOf(
  { grid: { shape: [nz, nx] }, receivers, wavelet }: Geometry,
  { shots = SHOTS, count = 1 }: { shots?: readonly Shot[]; count?: number } = {},
): Batch[] {
  const x = noise64(5, count * nz * nx);
  const d = noise64(6, shots.length * count * receivers[0].length * wavelet.samples.length);
  return [
    { operation: "model", count, input: x, shots },
    { operation: "demigrate", count, input: x, shots },
    { operation: "migrate", count, input: d, shots },
  ];
}

/** The largest error against the oracle of any of the batches; solves must be the same. */
async function largestError(pool: Pool, geometry: Geometry, batches: readonly Batch[]): Promise<number> {
  const oracle = oraclePool(settingOf(geometry)), errors: number[] = [];
  for (const batch of batches) {
    const [fast, exact] = [await pool.run(0, batch), await oracle.run(0, batch)];
    assertEquals(fast.solves, exact.solves, batch.operation);
    errors.push(relativeError(fast.output, exact.output));
  }
  return Math.max(...errors);
}

for (const order of ORDERS) {
  test(`the WebGPU kernels of order ${order} agree with the oracle to f32 rounding`, async (device) => {
    for (const changes of [{}, { sponge: { cells: 0 } }, { every: 1, muteRows: 0, sponge: { cells: 7 } }]) {
      const geometry = smallGeometry({ order, ...changes });
      const error = await largestError(poolOn(device, geometry), geometry, batchesOf(geometry));
      assertLess(error, roundingBound(settingOf(geometry), { solves: 2 }), JSON.stringify(changes));
    }
  });
}

for (const [snapshots, limit] of [["int16", 1e-4], ["f16", 6e-4]] as const) {
  test(`${snapshots} snapshots change J and J^T by less than ${limit} on WebGPU`, async (device) => {
    const geometry = smallGeometry(), [, ...linear] = batchesOf(geometry);
    const error = await largestError(poolOn(device, geometry, { snapshots }), geometry, linear);
    assertLess(error, limit);
    assertGreater(error, BOUND);
  });
}

for (const every of [1, 4]) {
  test(`J and J^T are transposes on WebGPU with int16 snapshots at every ${every}. step`, async (device) => {
    const geometry = smallGeometry({ every }), pool = poolOn(device, geometry, { snapshots: "int16" });
    const [, forward, adjoint] = batchesOf(geometry, { shots: [shotOf(1)] });
    const data = (await pool.run(0, forward)).output, image = (await pool.run(0, adjoint)).output;
    const sizes = Math.sqrt(inner(data, data) * inner(adjoint.input, adjoint.input));
    assertLess(Math.abs(inner(data, adjoint.input) - inner(forward.input, image)) / sizes, 4e-7);
  });
}

test("a batch of inputs gives what they give one by one, whatever is solved at once", async (device) => {
  const geometry = smallGeometry(), count = 3, pool = poolOn(device, geometry);
  const parts = poolOn(device, geometry, { laneBytes: 80_000 }); // two lanes
  for (const batch of batchesOf(geometry, { count })) {
    const together = (await pool.run(0, batch)).output, size = together.length / (SHOTS.length * count);
    assertEquals((await parts.run(0, batch)).output, together);
    for (const [i, shot] of SHOTS.entries()) {
      for (let k = 0; k < count; k++) {
        const input = inputOf(batch, i * count + k), alone = { ...batch, count: 1, shots: [shot], input };
        const from = (i * count + k) * size;
        assertEquals((await pool.run(0, alone)).output, together.slice(from, from + size), batch.operation);
      }
    }
  }
});

/** The input of one lane: data are each lane's own, models the same for all shots. */
function inputOf({ operation, input, shots, count }: Batch, lane: number): Batch["input"] {
  const parts = operation === "migrate" ? shots.length * count : count, size = input.length / parts;
  return input.slice(lane % parts * size, (lane % parts + 1) * size);
}

test("backgrounds that share a slot on WebGPU take turns, within a batch and from one to the next", async (device) => {
  const geometry = smallGeometry(), pool = poolOn(device, geometry, { slots: 2 });
  const shots = [
    shotOf(0),
    shotOf(1),
    shotOf(2, { slot: 0 }),
    shotOf(0, { slot: 1 }),
    shotOf(2, { slot: 0 }),
  ];
  const [, forward, adjoint] = batchesOf(geometry, { shots });
  assertLess(await largestError(pool, geometry, [forward, adjoint]), BOUND);
  const [, again] = batchesOf(geometry, { shots: [shots[2], shots[3]] });
  assertEquals((await pool.run(0, again)).solves, 2, "both backgrounds are kept");
});

test("slots of several banks agree with the oracle", async (device) => {
  const geometry = smallGeometry({ every: 8 }),
    shots = [5, 34, 2, 70].map((slot, i) => shotOf(i % 3, { slot }));
  const [, ...linear] = batchesOf(geometry, { shots });
  assertLess(
    await largestError(poolOn(device, geometry, { slots: 71, snapshots: "int16" }), geometry, linear),
    1e-4,
  );
});

/** The device, as if it had less memory. */
function limited(device: ComputeDevice, limits: ComputeDevice["limits"]): ComputeDevice {
  return new Proxy(device, {
    get(target, name: keyof ComputeDevice) {
      const value = target[name];
      return name === "limits" ? limits : typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("on a small device backgrounds lie in several memories, and lanes are solved in parts", async (device) => {
  const geometry = smallGeometry(), whole = poolOn(device, geometry);
  const parts = poolOn(limited(device, { memory: 2e4, binding: 2e3 }), geometry);
  for (const batch of batchesOf(geometry, { count: 2 })) {
    assertEquals(await parts.run(0, batch), await whole.run(0, batch));
  }
});

test("a simultaneous source, a medium and the setting's own one after another agree with the oracle", async (device) => {
  const geometry = smallGeometry(), pool = poolOn(device, geometry);
  const medium = { name: "denser", x: noise64(9, 14 * 19) };
  const encoded = shotOf(0, { key: "encoded", weights: Float64Array.of(0.3, -1, 2) });
  const [model, forward, adjoint] = batchesOf(geometry, { shots: [encoded] });
  const inMedium = { medium, shots: [{ ...encoded, key: "encoded in denser" }] };
  const batches = [{ ...forward, ...inMedium }, { ...adjoint, ...inMedium }, model, forward, {
    ...adjoint,
    ...inMedium,
  }];
  assertLess(await largestError(pool, geometry, batches), BOUND);
});

test("each shot of a moving spread records and injects at its own receivers", async (device) => {
  const receivers = [40, 100, 170].map((x) => [[25, x], [20, x + 33], [25, x + 66]] as const);
  const geometry = smallGeometry({ receivers });
  const shots = SHOTS.map((shot, i) => ({ ...shot, firstReceiver: 3 * i }));
  assertLess(await largestError(poolOn(device, geometry), geometry, batchesOf(geometry, { shots })), BOUND);
});

test("what is not finite names its shot, and the next batch is solved all the same", async (device) => {
  const geometry = smallGeometry(), pool = poolOn(device, geometry, { snapshots: "int16" });
  const [model, forward, adjoint] = batchesOf(geometry, { shots: [shotOf(1)] });
  for (const batch of [model, forward, adjoint]) {
    const wrong = { ...batch, input: batch.input.map((v, i) => i === 150 ? NaN : v) };
    await assertRejects(() => pool.run(0, wrong), Error, "The result of shot 1 is not finite");
  }
  const loud = shotOf(2, { weights: Float64Array.of(0, 0, 1e42) });
  await assertRejects(
    () => pool.run(0, { ...forward, shots: [loud] }),
    Error,
    "The result of shot 2 is not finite",
  );
  assertLess(await largestError(poolOn(device, geometry), geometry, [forward]), BOUND);
  assertEquals(pool.load, [0]);
});

test("memory beyond the device's limits is refused before it is asked for", (device) => {
  assertThrows(
    () => device.allocate(2 ** 50, "wavefields"),
    Error,
    "Cannot hold wavefields of 1125899906842624 bytes",
  );
  const field = { access: "read", type: "array<f32>", windowBytes: device.limits.binding + 4 } as const;
  const kernel = device.compile({ bindings: { field }, code: "@compute @workgroup_size(1) fn main() {}" });
  assertThrows(
    () => device.bind(kernel, { field: device.allocate(16, "") }),
    Error,
    "A kernel cannot see the",
  );
});

test("closing the pool rejects what is being solved, what waits and what comes", async (device) => {
  const geometry = smallGeometry(), pool = poolOn(device, geometry), [model] = batchesOf(geometry);
  const solving = pool.run(0, model), waiting = pool.run(0, model);
  const rejected = [
    assertRejects(() => solving, Error, "closed"),
    assertRejects(() => waiting, Error, "closed: build a new one"),
  ];
  await Promise.resolve();
  assertEquals(pool.load, [6]);
  pool.close();
  await Promise.all(rejected);
  await assertRejects(() => pool.run(0, model), Error, "closed: build a new one");
});

Deno.test("a machine without an adapter is told so", async () => {
  const none = { requestAdapter: () => Promise.resolve(null) };
  await assertRejects(() => openDevice(none), Error, "no adapter. Use --engine wasm");
});

/** A device of the project's and the system's device under it. */
async function openBoth(): Promise<{ device: ComputeDevice; system: GPUDevice }> {
  let system: GPUDevice | undefined;
  const device = await openDevice({
    async requestAdapter() {
      const adapter = (await navigator.gpu.requestAdapter())!;
      const requestDevice = async (wanted?: GPUDeviceDescriptor) =>
        system = await adapter.requestDevice(wanted);
      return { limits: adapter.limits, requestDevice } as unknown as GPUAdapter;
    },
  });
  return { device, system: system! };
}

Deno.test({
  name: "a lost device rejects what is being solved and what comes",
  ignore,
  async fn() {
    const { device, system } = await openBoth(), geometry = smallGeometry();
    const pool = poolOn(device, geometry), [model] = batchesOf(geometry);
    const solving = assertRejects(() => pool.run(0, model), Error, "The WebGPU device was lost");
    await Promise.resolve();
    system.destroy();
    await solving;
    await assertRejects(() => pool.run(0, model), Error, "The WebGPU device was lost");
    pool.close();
  },
});

Deno.test({
  name: "work that the device refuses rejects the results, which would be wrong",
  ignore,
  async fn() {
    const { device, system } = await openBoth(), geometry = smallGeometry();
    const pool = poolOn(device, geometry), [model] = batchesOf(geometry);
    system.createShaderModule({ code: "fn main( {" });
    await assertRejects(() => pool.run(0, model), Error, "The WebGPU device refused its work");
    pool.close();
  },
});
