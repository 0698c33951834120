import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Judgement, Metric } from "../../core/contracts/metric.ts";
import { figuresOf, mmd, smoothWeights } from "../../core/metrics/mod.ts";
import { registry } from "../../mod.ts";
import { normals64, rootKey } from "../../core/base/random.ts";
import { Uncomputable } from "../../core/base/uncomputable.ts";
import { image } from "../spaces.ts";

const key = rootKey(17), SHAPE = [3, 2], SIZE = 6, N = 20;
const draw = (n: number, name: number) => normals64(rootKey(name), n);
const flat = (value: number, n: number) => new Float64Array(n).fill(value);
const identity = Float64Array.from({ length: SIZE * SIZE }, (_, k) => Number(k % (SIZE + 1) === 0));

/** An image with everything that a metric may ask for. */
const sound: Judgement = {
  truth: draw(SIZE, 1),
  mean: draw(SIZE, 2),
  std: flat(1, SIZE),
  samples: draw(N * SIZE, 3),
  space: image(SHAPE),
  mask: flat(1, SIZE),
  dataResidual: 1,
  predictive: 0.5,
  priorVariance: flat(2, SIZE),
  illumination: draw(SIZE, 4),
  reference: { mean: flat(0, SIZE), covariance: identity, exact: true, samples: draw(N * SIZE, 5) },
  key,
};

const reference = (changes: Partial<NonNullable<Judgement["reference"]>>): Partial<Judgement> => ({
  reference: { ...sound.reference!, ...changes },
});

/** What data may be like without anybody's fault. */
const DEGENERATE: Readonly<Record<string, Partial<Judgement>>> = {
  "a silent truth": { truth: flat(0, SIZE) },
  "a constant truth": { truth: flat(3, SIZE) },
  "a truth that is met": { mean: sound.truth },
  "no sample": { samples: new Float64Array() },
  "one sample": { samples: draw(SIZE, 3), std: flat(0, SIZE) },
  "two samples": { samples: draw(2 * SIZE, 3) },
  "constant samples": { samples: flat(1, N * SIZE), std: flat(0, SIZE), mean: flat(1, SIZE) },
  "copies of two samples": {
    samples: Float64Array.from({ length: N * SIZE }, (_, k) => sound.samples![k % (2 * SIZE)]),
  },
  "samples that are no numbers": {
    samples: flat(NaN, N * SIZE),
    mean: flat(NaN, SIZE),
    std: flat(NaN, SIZE),
  },
  "infinite samples": { samples: flat(Infinity, N * SIZE), mean: flat(Infinity, SIZE), std: flat(NaN, SIZE) },
  "a prior that knows everything": { priorVariance: flat(0, SIZE) },
  "no light": { illumination: flat(0, SIZE) },
  "no free cell": { mask: flat(0, SIZE) },
  "one free cell": { mask: Float64Array.from({ length: SIZE }, (_, i) => Number(i === 5)) },
  "residuals without noise": { dataResidual: Infinity, predictive: NaN },
  "a reference without spread": reference({ covariance: flat(0, SIZE * SIZE), samples: flat(0, N * SIZE) }),
  "a reference of one sample": reference({ samples: draw(SIZE, 5) }),
  "a known component": reference({
    covariance: identity.map((v, k) => k === 0 ? 0 : v),
    samples: sound.reference!.samples!.map((v, k) => k % SIZE === 0 ? 1000 : v) as Float64Array,
  }),
};

const all = await Promise.all(
  registry.of("metric").map(async ({ kind, gives, needs, build }) =>
    [kind, { gives: Object.keys(gives), needs, evaluate: await build({}, {}) as Metric }] as const
  ),
);

for (const [name, { gives, needs, evaluate }] of all) {
  Deno.test(`metric ${name}: it gives the numbers that it names, each finite`, async () => {
    const { values, absent } = await figuresOf(gives, () => evaluate(sound));
    assertEquals([Object.keys(values).sort(), absent], [[...gives].sort(), {}]);
  });

  for (const input of needs) {
    Deno.test(`metric ${name}: without ${input} it gives nothing`, () => {
      assertEquals(evaluate({ ...sound, [input]: undefined }), {});
    });
  }

  Deno.test(`metric ${name}: of degenerate data each number is finite, or absent with a sentence`, async () => {
    for (const [what, changes] of Object.entries(DEGENERATE)) {
      const { values, absent } = await figuresOf(gives, () => evaluate({ ...sound, ...changes }));
      const numbers = Object.values(values), names = Object.keys({ ...values, ...absent });
      assert(numbers.every(Number.isFinite), `${what}: ${JSON.stringify(values)}`);
      assert(names.every((one) => gives.includes(one)), `${what}: ${names}`);
      for (const reason of Object.values(absent)) {
        assert(/^[A-Z].* .*[^.]$/.test(reason), `${what}: ${reason}`);
      }
    }
  });
}

Deno.test("no number has two metrics, and each has a label", () => {
  const names = all.flatMap(([, { gives }]) => gives);
  assertEquals(names.length, new Set(names).size);
  for (const { gives } of registry.of("metric")) {
    for (const { label } of Object.values(gives)) assert(label.length > 1);
  }
});

Deno.test("what these data do not define is named by a metric itself, and not by its NaN", async () => {
  const reasons = async (name: string, what: string) => {
    const { gives, evaluate } = Object.fromEntries(all)[name];
    return (await figuresOf(gives, () => evaluate({ ...sound, ...DEGENERATE[what] }))).absent;
  };
  assertEquals(await reasons("snr", "a silent truth"), {
    snr: "The truth is 0 everywhere: there is no signal for an SNR",
  });
  assertEquals(await reasons("ssim", "a constant truth"), {
    ssim: "The truth is the same everywhere: SSIM needs its dynamic range",
  });
  assertEquals(await reasons("crps", "one sample"), { crps: "There is 1 sample: CRPS needs 2" });
  assertEquals(await reasons("c2st", "two samples"), { c2st: "There are 2 samples: C2ST needs 5" });
  assertEquals(await reasons("kl", "two samples"), { kl: "There are 2 samples: KL of 6 unknowns needs 7" });
  assertEquals(await reasons("contraction", "a prior that knows everything"), {
    contraction: "The prior leaves no cell free: there is nothing to contract",
  });
});

Deno.test("a fault of the program is no absence", async () => {
  for (
    const fault of [new TypeError("x is not a function"), new Error("no reason"), new RangeError("deep")]
  ) {
    await assertRejects(
      () => figuresOf(["snr"], () => Promise.reject(fault)),
      fault.constructor as ErrorConstructor,
    );
  }
});

Deno.test("weights and discrepancies of degenerate data cannot be computed, which is no fault of the program", async () => {
  for (const logs of [[NaN, 1, 2], [-Infinity, -Infinity]]) {
    const { absent } = await figuresOf(["kHat"], () => ({ kHat: smoothWeights(logs).kHat }));
    assert(absent.kHat.startsWith("The largest log weight is"), absent.kHat);
  }
  const equal = { x: flat(1, 8), y: flat(1, 8), size: 1 };
  await assertRejects(() => Promise.try(() => mmd(equal, { key })), Uncomputable);
  await assertRejects(
    () => Promise.try(() => mmd({ ...equal, y: flat(1, 1) }, { key })),
    Uncomputable,
    "1 sample",
  );
});
