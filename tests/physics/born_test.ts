import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { LinearOperator, Survey } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { bornSurvey, type Computation } from "../../physics/born.ts";
import { positionsOf } from "../../physics/acquisition.ts";
import type { Geometry } from "../../physics/propagator/setting.ts";
import { ORDERS } from "../../physics/stencil.ts";
import { inner, noise64, relativeError, smallGeometry } from "./small.ts";

const F64 = { workers: 1, precision: "f64" } as const;

/** Runs a test body on a survey and closes it. */
async function withSurvey(
  { geometry = smallGeometry(), ...computation }: Computation & { geometry?: Geometry },
  body: (survey: Survey) => Promise<void>,
): Promise<void> {
  const survey = bornSurvey(geometry, computation);
  try {
    await body(survey);
  } finally {
    await survey.close();
  }
}

function randomOf({ shape }: { shape: readonly number[] }, seed: number): Float64Array {
  return noise64(seed, shape.reduce((a, b) => a * b));
}

/** `|<A x, y> - <x, A^T y>| / (|A x| |y|)`. */
async function dotError(operator: LinearOperator, { single = false } = {}): Promise<number> {
  const cast = (v: Float64Array) => single ? new Float32Array(v) : v;
  const x = cast(randomOf(operator.domain, 1)), y = cast(randomOf(operator.range, 2));
  const Ax = await operator.forward(x), ATy = await operator.adjoint(y);
  const size = Math.sqrt(inner(Ax, Ax) * inner(y, y));
  assert(size > 0, "the operator gave nothing");
  return Math.abs(inner(Ax, y) - inner(x, ATy)) / size;
}

const VARIANTS: Record<string, Partial<Geometry>> = {
  "every step kept": { every: 1 },
  "no sponge": { sponge: { cells: 0 } },
  "one cell wide": {
    grid: { shape: [14, 1], spacing: [12.5, 20] },
    velocity: new Float64Array(14).fill(2000),
    sources: [[12.5, 0]],
    receivers: [[20, 0], [25, 0]],
  },
  "on-grid points": { sources: [[25, 40]], receivers: [[12.5, 0], [12.5, 360]] },
  "nothing muted": { muteRows: 0 },
  ...Object.fromEntries(ORDERS.map((order) => [`order ${order}`, { order }])),
};

for (const [name, changes] of Object.entries(VARIANTS)) {
  Deno.test(`J^T is the exact transpose of J: ${name}`, async () => {
    const geometry = smallGeometry(changes);
    const weights = Float64Array.from(geometry.sources, (_, i) => 0.7 - i);
    await withSurvey({ geometry, ...F64 }, async (survey) => {
      for (const operator of [survey.shot(0), survey.encoded(weights), survey.stacked]) {
        assertLess(await dotError(operator), 1e-12);
      }
    });
    for (const snapshots of ["int16", "f32"] as const) {
      await withSurvey({ geometry, workers: 1, snapshots }, async (survey) => {
        for (const operator of [survey.shot(0), survey.encoded(weights), survey.stacked]) {
          assertLess(await dotError(operator, { single: true }), 1e-6, snapshots);
        }
      });
    }
  });
}

Deno.test("the fast survey gives the oracle's data and images, whatever the number of workers", async () => {
  await withSurvey(F64, async (exact) => {
    const x = randomOf(exact.domain, 1), y = randomOf(exact.stacked.range, 2);
    const data = await exact.stacked.forward(x), image = await exact.stacked.adjoint(y);
    const images: Vector[] = [];
    for (const workers of [1, 2]) {
      await withSurvey({ workers, snapshots: "f32" }, async (fast) => {
        assertLess(relativeError(await fast.stacked.forward(x), data), 5e-6);
        images.push(await fast.stacked.adjoint(y));
        assertLess(relativeError(images.at(-1)!, image), 5e-6);
      });
    }
    assertEquals(images[0], images[1]);
  });
});

Deno.test("an encoded shot is the weighted sum of the shots, and of the shots' images", async () => {
  await withSurvey(F64, async (survey) => {
    const weights = Float64Array.of(0.3, -1.2, 0.5), x = randomOf(survey.domain, 1);
    const data = await survey.encoded(weights).forward(x);
    const sum = new Float64Array(data.length);
    for (const [i, w] of weights.entries()) {
      (await survey.shot(i).forward(x)).forEach((v, n) => sum[n] += w * v);
    }
    assertLess(relativeError(data, sum), 1e-12);
  });
});

Deno.test("stacked data are the shots' data in order, on any number of workers", async () => {
  await withSurvey({ workers: 2 }, async (survey) => {
    const x = new Float32Array(randomOf(survey.domain, 1));
    const all = await survey.stacked.forward(x), size = all.length / 3;
    for (let i = 0; i < 3; i++) {
      assertEquals(await survey.shot(i).forward(x), all.slice(i * size, (i + 1) * size));
    }
  });
});

Deno.test("the mask is where x has no effect and the image is zero", async () => {
  await withSurvey({ workers: 1 }, async (survey) => {
    const x = new Float32Array(randomOf(survey.domain, 1)), free = x.map((v, i) => v * survey.mask[i]);
    assertEquals(await survey.shot(1).forward(x), await survey.shot(1).forward(free));
    const image = await survey.shot(1).adjoint(new Float32Array(randomOf(survey.shotRange, 2)));
    image.forEach((v, i) => assertEquals(v === 0, survey.mask[i] === 0, `cell ${i}`));
  });
});

Deno.test("results have the argument's precision", async () => {
  await withSurvey({ workers: 1 }, async (survey) => {
    assert(await survey.shot(0).forward(randomOf(survey.domain, 1)) instanceof Float64Array);
    assert(await survey.shot(0).forward(new Float32Array(266)) instanceof Float32Array);
  });
});

Deno.test("x is dm in units of the amplitude", async () => {
  const data: ArrayLike<number>[] = [];
  for (const [amplitude, scale] of [[1e-8, 1], [5e-9, 2]]) {
    await withSurvey({ geometry: smallGeometry({ amplitude }), ...F64 }, async (survey) => {
      const x = randomOf(survey.domain, 1).map((v) => scale * v);
      data.push(await survey.shot(0).forward(x));
    });
  }
  assertLess(relativeError(data[0], data[1]), 1e-13);
});

Deno.test("a source of zero strength gives zero data and a zero image", async () => {
  await withSurvey({ workers: 1 }, async (survey) => {
    const silent = survey.encoded(new Float64Array(3));
    assert((await silent.forward(new Float32Array(randomOf(survey.domain, 1)))).every((v) => v === 0));
    assert((await silent.adjoint(new Float32Array(randomOf(silent.range, 2)))).every((v) => v === 0));
  });
});

Deno.test("a background is solved once: J and J^T cost one solve each from then on", async () => {
  await withSurvey({ workers: 2 }, async (survey) => {
    const x = new Float32Array(266), weights = Float64Array.of(1, 2, 3);
    const cost = async (operation: () => Promise<unknown>) => {
      const before = survey.solves.count;
      await operation();
      return survey.solves.count - before;
    };
    assertEquals(await cost(() => survey.shot(1).forward(x)), 2);
    assertEquals(await cost(() => survey.stacked.forward(x)), 5);
    assertEquals(await cost(() => survey.stacked.adjoint(new Float32Array(1800))), 3);
    assertEquals(await cost(() => survey.encoded(weights).forward(x)), 2);
    assertEquals(await cost(() => survey.encoded(weights.slice()).adjoint(new Float32Array(600))), 1);
    assertEquals(await cost(() => survey.encoded(Float64Array.of(0, 1, 0)).forward(x)), 1);
  });
});

Deno.test("with room for one background the results stay right and each change of shot costs one more solve", async () => {
  await withSurvey({ workers: 1, cacheBytes: 1 }, async (small) => {
    await withSurvey({ workers: 1 }, async (large) => {
      const x = new Float32Array(randomOf(small.domain, 1));
      const expected = await large.stacked.forward(x);
      for (let i = 0; i < 2; i++) assertEquals(await small.stacked.forward(x), expected);
      assertEquals(small.solves.count, 12);
    });
  });
});

Deno.test("shots asked for at once run side by side and give what they give alone", async () => {
  await withSurvey({ workers: 2 }, async (survey) => {
    const x = new Float32Array(randomOf(survey.domain, 1));
    const together = await Promise.all([0, 1, 2, 1].map((i) => survey.shot(i).forward(x)));
    assertEquals(survey.solves.count, 7);
    for (const [k, i] of [0, 1, 2, 1].entries()) {
      assertEquals(together[k], await survey.shot(i).forward(x));
    }
  });
});

Deno.test("a worker's error reaches the caller, names the shot, and leaves the survey usable", async () => {
  await withSurvey({ workers: 2 }, async (survey) => {
    const bad = new Float32Array(266).fill(NaN), good = new Float32Array(randomOf(survey.domain, 1));
    await assertRejects(() => survey.shot(2).forward(bad), Error, "shot 2");
    assert((await survey.shot(2).forward(good)).some((v) => v !== 0));
  });
});

Deno.test("a view of a large buffer is solved as itself", async () => {
  await withSurvey({ workers: 1 }, async (survey) => {
    const many = new Float32Array(noise64(1, 3 * 266));
    const view = await survey.shot(0).forward(many.subarray(266, 532));
    assertEquals(view, await survey.shot(0).forward(many.slice(266, 532)));
  });
});

Deno.test("a closed survey says so", async () => {
  const survey = bornSurvey(smallGeometry(), { workers: 1 });
  await survey.shot(0).forward(new Float32Array(266));
  const pending = assertRejects(() => survey.shot(1).forward(new Float32Array(266)), Error, "closed");
  await survey.close();
  await pending;
  await assertRejects(() => survey.shot(0).forward(new Float32Array(266)), Error, "closed");
});

Deno.test("wrong sizes, indices and unstable steps are refused in a sentence", async () => {
  await withSurvey({ workers: 1 }, async (survey) => {
    await assertRejects(() => survey.shot(0).forward(new Float32Array(3)), Error, "it must have 266");
    await assertRejects(() => survey.stacked.adjoint(new Float32Array(3)), Error, "it must have 1800");
    assertThrows(() => survey.shot(3), Error, "the survey's shots are 0 to 2");
    assertThrows(() => survey.encoded(new Float64Array(2)), Error, "one per source, 3");
  });
  const slow = smallGeometry({ wavelet: { samples: new Float64Array(9), dt: 4e-3 } });
  assertThrows(() => bornSurvey(slow, F64), Error, "it must be at most");
  const outside = smallGeometry({ receivers: positionsOf({ count: 2, depth: 900 }, smallGeometry().grid) });
  assertThrows(() => bornSurvey(outside, F64), Error, "Receiver 0");
});

Deno.test("the mask, spacing and unit describe the unknown", async () => {
  await withSurvey(F64, (survey) => {
    assertEquals(survey.domain, { name: "dm", shape: [14, 19] });
    assertEquals(survey.shotRange.shape, [5, 120]);
    assertEquals(survey.spacing, [12.5, 20]);
    assertEquals(survey.unit, "1e-8 s^2/m^2");
    assertEquals(survey.mask.indexOf(1), 3 * 19);
    assertAlmostEquals(survey.wavelet!.dt, 1.5e-3);
    return Promise.resolve();
  });
});
