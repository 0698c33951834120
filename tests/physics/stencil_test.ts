import { assert, assertAlmostEquals, assertGreater, assertLess } from "@std/assert";
import { maxTimeStep, ORDERS, phaseError, secondDerivative } from "../../physics/stencil.ts";
import { Oracle } from "../../physics/propagator/oracle.ts";
import { combineRows, settingOf } from "../../physics/propagator/setting.ts";
import { model } from "../../physics/propagator/solve.ts";
import { smallGeometry } from "./small.ts";

Deno.test("the 8th-order coefficients are the textbook's", () => {
  const expected = [-205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560];
  secondDerivative(8).forEach((c, k) => assertAlmostEquals(c, expected[k], 1e-15));
});

Deno.test("an order p stencil differentiates polynomials of degree p + 1 exactly, and not of p + 2", () => {
  for (const order of ORDERS) {
    const c = secondDerivative(order);
    const second = (degree: number) =>
      c.reduce((sum, ck, k) => k === 0 ? sum : sum + 2 * ck * k ** degree, 0);
    assertAlmostEquals(second(2), 2, 1e-13);
    for (let degree = 4; degree <= order; degree += 2) {
      assertAlmostEquals(second(degree), 0, 1e-3, `${degree}`);
    }
    assertGreater(Math.abs(second(order + 2)), 1);
  }
});

Deno.test("the largest time step is the edge of stability", () => {
  for (const order of ORDERS) {
    const base = smallGeometry({ order });
    const limit = maxTimeStep(order, { spacing: base.grid.spacing, velocity: 2600 });
    const peak = (dt: number) => {
      const samples = new Float64Array(400);
      samples[0] = 1; // a spike holds every wavenumber
      const setting = settingOf({
        ...base,
        velocity: base.velocity.map(() => 2600),
        wavelet: { samples, dt },
        sponge: { cells: 0 },
      });
      const kernels = new Oracle(setting, { precision: "f64" });
      kernels.setSource(combineRows(setting.sources, Float64Array.of(1, 0, 0)));
      model(kernels, setting);
      return Math.max(...kernels.readTraces().map(Math.abs));
    };
    assertLess(peak(0.99 * limit), 10);
    assert(!(peak(1.03 * limit) < 1e6), `order ${order} is stable at 1.03 times its limit`);
  }
});

Deno.test("step limits and dispersion of the field setting are those of its design", () => {
  const spacing = [12.5, 20] as const;
  assertAlmostEquals(maxTimeStep(8, { spacing, velocity: 4500 }), 1.848e-3, 1e-6);
  assertAlmostEquals(maxTimeStep(16, { spacing, velocity: 4500 }), 1.729e-3, 1e-6);
  const water = { h: 20, dt: 1.378e-3, frequency: 30, velocity: 1500 };
  assertAlmostEquals(phaseError(8, water), -0.118, 1e-3);
  assertAlmostEquals(phaseError(16, water), -0.025, 1e-3);
  assertLess(phaseError(4, water), phaseError(8, water));
});
