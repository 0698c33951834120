import { assertAlmostEquals, assertLess } from "@std/assert";
import { Oracle } from "../../../physics/propagator/oracle.ts";
import { oraclePool } from "../../../physics/propagator/pool.ts";
import { combineRows, type Geometry, settingOf } from "../../../physics/propagator/setting.ts";
import { demigrate, migrate, model, solveBackground } from "../../../physics/propagator/solve.ts";
import { ricker } from "../../../physics/wavelet.ts";
import { inner, noise64, relativeError, smallGeometry } from "../small.ts";
import { referenceErrors, referenceGeometry, solveReference } from "./reference.ts";

/** Background data and Born data of all shots, and the image of `data`. */
function solveAll(geometry: Geometry, { x, data }: { x: Float64Array; data: Float64Array }) {
  const setting = settingOf(geometry), kernels = new Oracle(setting, { precision: "f64" });
  const count = geometry.sources.length, size = data.length / count;
  const scalar: number[] = [], born: number[] = [], image = new Float64Array(x.length);
  for (let i = 0; i < count; i++) {
    const weights = new Float64Array(count);
    weights[i] = 1;
    kernels.selectSlot(i);
    kernels.setSource(combineRows(setting.sources, weights));
    model(kernels, setting);
    scalar.push(...kernels.readTraces());
    solveBackground(kernels, setting);
    kernels.setModel(x);
    demigrate(kernels, setting);
    born.push(...kernels.readTraces());
    kernels.setTraces(data.subarray(i * size, (i + 1) * size));
    migrate(kernels, setting);
    kernels.readImage().forEach((v, cell) => image[cell] += v);
  }
  return { scalar, born, image };
}

Deno.test("the oracle agrees with an independent solver to rounding", async () => {
  const solved = await solveReference(oraclePool(settingOf(referenceGeometry())));
  for (const [name, error] of Object.entries(referenceErrors(solved, "exact"))) {
    assertLess(error, 1e-12, name);
  }
  // All of it, as far as the f32 of the files reaches.
  for (const [name, error] of Object.entries(referenceErrors(solved, "closed"))) {
    assertLess(error, 2 ** -24, name);
  }
});

Deno.test("a sponge of 40 cells comes within 0.4 % of an open domain, and Born data within 0.06 %", async () => {
  const solved = await solveReference(oraclePool(settingOf(referenceGeometry({ sponge: { cells: 40 } }))));
  const { scalar, born, image } = referenceErrors(solved, "open");
  assertLess(scalar, 4e-3);
  assertLess(born, 6e-4);
  assertLess(image, 6e-4);
});

Deno.test("the oracle's small survey has not moved", async () => {
  const geometry = smallGeometry();
  const record = JSON.parse(await Deno.readTextFile(new URL("./oracle_record.json", import.meta.url)));
  const { scalar, born, image } = solveAll(geometry, { x: noise64(1, 266), data: noise64(2, 1800) });
  const probe = noise64(3, 1800);
  assertAlmostEquals(inner(scalar, probe) / record.scalar, 1, 1e-11);
  assertAlmostEquals(inner(born, probe) / record.born, 1, 1e-11);
  assertAlmostEquals(inner(image, probe) / record.image, 1, 1e-11);
});

Deno.test("J is the derivative of the nonlinear data with respect to the squared slowness", () => {
  const base = smallGeometry({ every: 1, muteRows: 0, sponge: { cells: 0 }, amplitude: 1 });
  const dm = noise64(4, 266).map((v) => 1e-9 * v), data = new Float64Array(1800);
  const at = (step: number) => {
    const velocity = base.velocity.map((v, i) => 1 / Math.sqrt(v ** -2 + step * dm[i]));
    return Float64Array.from(solveAll({ ...base, velocity }, { x: dm, data }).scalar);
  };
  const plus = at(1e-3), minus = at(-1e-3);
  const slope = plus.map((v, i) => (v - minus[i]) / 2e-3);
  assertLess(relativeError(solveAll(base, { x: dm, data }).born, slope), 1e-6);
});

/**
 * `u(r, t) = 1/(2 pi) int_0^t q(t - s) / sqrt(s^2 - (r/v)^2) ds`, the 2-D Green's function of
 * `v^-2 u_tt - Laplacian u = q delta`, with s = (r/v) cosh(a) to take the singularity away.
 */
function homogeneous({ r, v, q }: { r: number; v: number; q: (t: number) => number }, t: number): number {
  const last = Math.acosh(Math.max(1, t * v / r)), n = 2000;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += q(t - r / v * Math.cosh((i + 0.5) * last / n));
  return sum * last / n / (2 * Math.PI);
}

Deno.test("the error against the analytic field of a homogeneous medium falls as dt^2", () => {
  const grid = { shape: [41, 41], spacing: [10, 10] } as const, v = 2000, frequency = 10;
  const error = (dt: number) => {
    const wavelet = ricker({ frequency, delay: 0.12, count: Math.round(0.3 / dt), dt });
    const setting = settingOf({
      ...smallGeometry(),
      grid,
      velocity: new Float64Array(41 * 41).fill(v),
      sources: [[200, 100]],
      receivers: [[[200, 250]]],
      wavelet,
      order: 16,
      sponge: { cells: 40 },
      every: 400,
    });
    const kernels = new Oracle(setting, { precision: "f64" });
    kernels.selectSlot(0);
    kernels.setSource(combineRows(setting.sources, Float64Array.of(1)));
    model(kernels, setting);
    const q = (t: number) => {
      const a = (Math.PI * frequency * (t - 0.12)) ** 2;
      return t < 0 ? 0 : (1 - 2 * a) * Math.exp(-a);
    };
    const exact = wavelet.samples.map((_, n) => homogeneous({ r: 150, v, q }, n * dt));
    return relativeError(kernels.readTraces(), exact);
  };
  const coarse = error(2e-3), fine = error(1e-3);
  assertLess(fine, 2e-3);
  assertAlmostEquals(coarse / fine, 4, 0.4);
});
