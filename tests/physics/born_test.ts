import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { LinearOperator, Survey } from "../../core/contracts/operator.ts";
import type { Vector } from "../../core/contracts/vector.ts";
import { bornSurvey, type Computation } from "../../physics/born.ts";
import { positionsOf } from "../../physics/acquisition.ts";
import { type Geometry, settingOf } from "../../physics/propagator/setting.ts";
import { norm } from "../../core/linalg/mod.ts";
import { ORDERS } from "../../physics/stencil.ts";
import { adapterAvailable } from "../available.ts";
import { roundingBound } from "./propagator/rounding.ts";
import { inner, noise64, relativeError, smallGeometry } from "./small.ts";
import { sizeOf } from "../../core/base/shape.ts";

/** What rounding may change in data and images of the small survey. */
const BOUND = roundingBound(settingOf(smallGeometry()), { solves: 2 });

const F64 = { workers: 1, engine: "oracle" } as const;

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
  return noise64(seed, sizeOf({ shape }));
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
    receivers: [[[20, 0], [25, 0]]],
  },
  "on-grid points": { sources: [[25, 40]], receivers: [[[12.5, 0], [12.5, 360]]] },
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
        assertLess(relativeError(await fast.stacked.forward(x), data), BOUND);
        images.push(await fast.stacked.adjoint(y));
        assertLess(relativeError(images.at(-1)!, image), BOUND);
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
  await withSurvey({ workers: 1, memory: 1 }, async (small) => {
    await withSurvey({ workers: 1 }, async (large) => {
      const x = new Float32Array(randomOf(small.domain, 1));
      const expected = await large.stacked.forward(x);
      for (let i = 0; i < 2; i++) assertEquals(await small.stacked.forward(x), expected);
      assertEquals(small.solves.count, 12);
    });
  });
});

/** Three receivers that move with the sources. */
const MOVING = [0, 1, 2].map((i) => [0, 1, 2].map((r) => [25, 70 * i + 40 * r + 3] as const));

Deno.test("receivers that move with their sources record what fixed ones there record", async () => {
  await withSurvey({ geometry: smallGeometry({ receivers: MOVING }), ...F64 }, async (moving) => {
    const x = randomOf(moving.domain, 1), data = await moving.stacked.forward(x);
    for (let i = 0; i < 3; i++) {
      await withSurvey({ geometry: smallGeometry({ receivers: [MOVING[i]] }), ...F64 }, async (fixed) => {
        assertEquals(data.slice(i * 360, (i + 1) * 360), await fixed.shot(i).forward(x));
      });
    }
    assertThrows(() => moving.encoded(Float64Array.of(1, 1, 0)), Error, "correct shot by shot");
    const alone = await moving.encoded(Float64Array.of(0, -2, 0)).forward(x);
    assertLess(relativeError(alone, data.slice(360, 720).map((v) => -2 * v)), 1e-13);
  });
  const two = smallGeometry({ receivers: MOVING.slice(1) });
  assertThrows(() => bornSurvey(two, F64), Error, "2 spreads of receivers for 3 sources");
  const ragged = smallGeometry({ receivers: [...MOVING.slice(1), MOVING[0].slice(1)] });
  assertThrows(() => bornSurvey(ragged, F64), Error, "equally many");
});

Deno.test("moving spreads: J^T is the exact transpose, and the fast survey the oracle's", async () => {
  const geometry = smallGeometry({ receivers: MOVING });
  await withSurvey({ geometry, ...F64 }, async (exact) => {
    assertLess(await dotError(exact.stacked), 1e-12);
    await withSurvey({ geometry, workers: 2, snapshots: "f32" }, async (fast) => {
      const x = randomOf(exact.domain, 1), y = randomOf(exact.stacked.range, 2);
      assertLess(relativeError(await fast.stacked.forward(x), await exact.stacked.forward(x)), BOUND);
      assertLess(relativeError(await fast.stacked.adjoint(y), await exact.stacked.adjoint(y)), BOUND);
    });
  });
});

Deno.test("a source's weight multiplies its data", async () => {
  await withSurvey({ geometry: smallGeometry({ sourceWeights: [1, -2.5, 1] }), ...F64 }, async (weighted) => {
    await withSurvey(F64, async (plain) => {
      const x = randomOf(plain.domain, 1), expected = (await plain.shot(1).forward(x)).map((v) => -2.5 * v);
      assertLess(relativeError(await weighted.shot(1).forward(x), expected), 1e-13);
    });
  });
});

Deno.test("wavefields in a file give what wavefields in memory give, at as many solves", async () => {
  const folder = await Deno.makeTempDir();
  const scratch = { folder, bytes: 1e9 };
  await withSurvey({ workers: 2, memory: 1, scratch }, async (filed) => {
    await withSurvey({ workers: 2 }, async (kept) => {
      const x = new Float32Array(randomOf(kept.domain, 1)), weights = Float64Array.of(1, -1, 1);
      for (const chosen of [(s: Survey) => s.stacked, (s: Survey) => s.encoded(weights)]) {
        const data = await chosen(kept).forward(x);
        for (let i = 0; i < 2; i++) assertEquals(await chosen(filed).forward(x), data);
        assertEquals(await chosen(filed).adjoint(data), await chosen(kept).adjoint(data));
        await chosen(kept).forward(x);
      }
      assertEquals(filed.solves.count, kept.solves.count);
    });
  });
  assertEquals([...Deno.readDirSync(folder)].length, 0, "files are left behind");
  await Deno.remove(folder);
});

/** Slopes of `|F(x + h v) - F(x)|` and `|F(x + h v) - F(x) - h J v|` as h is halved. */
async function taylorSlopes(survey: Survey, { x, v }: { x: Float64Array; v: Float64Array }) {
  const { forward, jacobian } = survey.nonlinear!,
    at = await forward(x),
    slope = await jacobian(x).forward(v);
  const remainders = await Promise.all([1, 0.5, 0.25].map(async (h) => {
    const change = (await forward(x.map((xi, i) => xi + h * v[i]))).map((d, i) => d - at[i]);
    return [norm(change), norm(change.map((d, i) => d - h * slope[i]))];
  }));
  return [0, 1].map((k) => [0, 1].map((i) => Math.log2(remainders[i][k] / remainders[i + 1][k])));
}

for (const receivers of [undefined, MOVING]) {
  Deno.test(`the Jacobian is F's derivative away from 0, and its adjoint its transpose${receivers ? ", moving" : ""}`, async () => {
    const geometry = smallGeometry({ every: 1, muteRows: 0, ...(receivers && { receivers }) });
    await withSurvey({ geometry, ...F64 }, async (survey) => {
      const x = randomOf(survey.domain, 1), v = randomOf(survey.domain, 2).map((vi) => 0.05 * vi);
      const [first, second] = await taylorSlopes(survey, { x, v });
      first.forEach((slope) => assertAlmostEquals(slope, 1, 0.05));
      second.forEach((slope) => assertAlmostEquals(slope, 2, 0.05));
      assertLess(await dotError(survey.nonlinear!.jacobian(x)), 1e-12);
    });
  });
}

Deno.test("the fast survey's F and Jacobian are the oracle's, and leave J as it was", async () => {
  await withSurvey(F64, async (exact) => {
    const x = randomOf(exact.domain, 1), v = randomOf(exact.domain, 2), d = randomOf(exact.stacked.range, 3);
    await withSurvey({ workers: 2, snapshots: "f32" }, async (fast) => {
      const before = await fast.stacked.forward(v);
      assertLess(relativeError(await fast.nonlinear!.forward(x), await exact.nonlinear!.forward(x)), BOUND);
      const [a, b] = [fast, exact].map((survey) => survey.nonlinear!.jacobian(x));
      assertLess(relativeError(await a.forward(v), await b.forward(v)), BOUND);
      assertLess(relativeError(await a.adjoint(d), await b.adjoint(d)), BOUND);
      assertGreater(relativeError(await b.forward(v), await exact.stacked.forward(v)), 1e-3);
      assertEquals(await fast.stacked.forward(v), before);
    });
  });
});

Deno.test({
  name: "a survey on a WebGPU device gives the oracle's data, images and derivative",
  ignore: !await adapterAvailable(),
  async fn() {
    await withSurvey(F64, async (exact) => {
      const x = randomOf(exact.domain, 1), d = randomOf(exact.stacked.range, 2);
      const weights = Float64Array.of(0.3, -1.2, 0.5);
      await withSurvey({ engine: "webgpu", snapshots: "f32" }, async (fast) => {
        for (const chosen of [(s: Survey) => s.stacked, (s: Survey) => s.nonlinear!.jacobian(x)]) {
          assertLess(relativeError(await chosen(fast).forward(x), await chosen(exact).forward(x)), BOUND);
          assertLess(relativeError(await chosen(fast).adjoint(d), await chosen(exact).adjoint(d)), BOUND);
        }
        const encoded = await fast.encoded(weights).forward(x);
        assertLess(relativeError(encoded, await exact.encoded(weights).forward(x)), BOUND);
        assertLess(relativeError(await fast.nonlinear!.forward(x), await exact.nonlinear!.forward(x)), BOUND);
      });
    });
  },
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
  const outside = smallGeometry({ receivers: [positionsOf({ count: 2, depth: 900 }, smallGeometry().grid)] });
  assertThrows(() => bornSurvey(outside, F64), Error, "Receiver 0");
});

Deno.test("the mask, spacing and unit describe the unknown", async () => {
  await withSurvey(F64, (survey) => {
    assertEquals(survey.domain, { name: "dm", kind: "image", shape: [14, 19] });
    assertEquals(survey.shotRange.shape, [5, 120]);
    assertEquals(survey.spacing, [12.5, 20]);
    assertEquals(survey.unit, "1e-8 s^2/m^2");
    assertEquals(survey.mask.indexOf(1), 3 * 19);
    assertAlmostEquals(survey.wavelet!.dt, 1.5e-3);
    return Promise.resolve();
  });
});
