import { assert, assertEquals, assertLess } from "@std/assert";
import { loadSpec, preflight, SpecError } from "../../../core/spec/mod.ts";
import { quantity, written } from "../../../core/base/units.ts";
import { registry } from "../../../mod.ts";
import { pointWeights, positionsOf } from "../../../physics/acquisition.ts";
import { velocityModel } from "../../../physics/background.ts";
import { born } from "../../../physics/operators/born.ts";
import type { BornOptions } from "../../../physics/operators/born_schema.ts";
import { checkBorn } from "../../../physics/operators/born_checks.ts";

/** Spacings [m] of usual surveys, as they are written, and numbers of cells. */
const SPACINGS = [
  1,
  1.5,
  2.5,
  3.3,
  4.6,
  5,
  6.1,
  6.25,
  6.6,
  7.62,
  8.3,
  9.1,
  10,
  12.19,
  12.5,
  15.24,
  16.7,
  18.29,
]
  .concat([20, 25.4, 33.3]);
const CELLS = [8, 16, 24, 32, 33, 48, 64, 65, 96, 101, 128, 201, 256];

/** The last cell's place as a person writes it: the decimals of the product, which floating point need not give. */
const edge = (spacing: number, cells: number) => `${Math.round(100 * spacing) * (cells - 1) / 100} m`;

const DEFAULTS = {
  background: { kind: "constant", velocity: "2.5 km/s" } as Record<string, unknown>,
  sources: { count: 2, depth: "0 m" } as Record<string, unknown>,
  receivers: { count: 4, depth: "0 m" } as Record<string, unknown>,
  shape: [16, 16] as number[],
  spacing: [10, 10] as number[],
  record: { length: "0.5 s", interval: "1 ms" },
  frequency: "10 Hz",
};

const spreads = (changes: Partial<typeof DEFAULTS>) => {
  const { background, sources, receivers, shape, spacing, record, frequency } = { ...DEFAULTS, ...changes };
  return {
    grid: { shape, spacing: spacing.map((h) => `${h} m`) },
    background,
    acquisition: { sources, receivers, wavelet: { kind: "ricker", frequency }, record },
  };
};

const said = (changes: Partial<typeof DEFAULTS>) =>
  checkBorn(born.schema.parse(spreads(changes)) as BornOptions, { specFolder: ".", encoding: "shots" })
    .map(({ path, message }) => `${path.join(".")}: ${message}`);

/** Of places alone: the waves of a spacing are another matter. */
const places = (changes: Partial<typeof DEFAULTS>) =>
  said(changes).filter((text) => /grid: |grid,/.test(text));

Deno.test("the last row and column are inside, at every usual spacing and size, for everything that has a place", () => {
  let rounded = 0;
  for (const h of SPACINGS) {
    for (const n of CELLS) {
      const last = edge(h, n),
        wide = { shape: [16, n], spacing: [10, h] },
        deep = { shape: [n, 16], spacing: [h, 10] };
      if (parseFloat(last) !== (n - 1) * h) rounded++;
      const where = `${n} cells of ${h} m`;
      assertEquals(
        places({ ...wide, receivers: { count: 4, depth: "150 m", first: "0 m", last } }),
        [],
        where,
      );
      assertEquals(places({ ...wide, sources: { kind: "points", positions: [["0 m", last]] } }), [], where);
      assertEquals(places({ ...deep, sources: { count: 2, depth: last } }), [], where);
      const layers = [{ depth: "0 m", velocity: "2 km/s" }, { depth: last, velocity: "3 km/s" }];
      assertEquals(places({ ...deep, background: { kind: "layered", layers } }), [], where);
      const streamer = { kind: "streamer", count: n, depth: "0 m", offset: "0 m", interval: `${h} m` };
      const sources = { count: 1, depth: "0 m", first: last, last };
      assertEquals(places({ ...wide, sources, receivers: streamer }), [], where);
      const grid = { shape: [16, n], spacing: [10, h] } as const;
      const [[, x]] = positionsOf({ kind: "points", positions: [[0, parseFloat(last)]] }, grid);
      assert(x <= (n - 1) * h, where);
      assertEquals(pointWeights(x / h), { first: n - 1, weights: [1] }, where);
    }
  }
  assertLess(25, rounded, "no place was rounded");
});

Deno.test("a place that is outside by more than rounding is refused, and the limit that is printed is accepted", () => {
  for (const h of SPACINGS) {
    for (const n of CELLS) {
      const wide = { shape: [16, n], spacing: [10, h] },
        at = (last: string) => ({
          ...wide,
          receivers: { count: 4, depth: "0 m", first: "0 m", last },
        });
      const [text] = places(at(`${(n - 1) * h + 1e-4 * h} m`));
      const limit = /([\d.]+ m) is outside .* at most ([\d.]+ m)/.exec(text)!;
      assert(limit[1] !== limit[2], text);
      assertEquals(places(at(limit[2])), [], text);
      assert(limit[2].length <= 9, text);
    }
  }
});

Deno.test("a layer, the water and the mute begin at the row that their decimals name", () => {
  for (const h of SPACINGS) {
    for (const half of [0, 0.5]) {
      for (const row of [3, 5, 7, 11]) {
        const depth = `${Math.round(1000 * h * (row + half)) / 1000} m`;
        const parsed = born.schema.parse(spreads({
          shape: [24, 8],
          spacing: [h, 10],
          background: {
            kind: "layered",
            layers: [{ depth: "0 m", velocity: "2 km/s" }, { depth, velocity: "3 km/s" }],
          },
        })) as any;
        const model = velocityModel(parsed.background, parsed.grid);
        // Half a cell below a row's centre is the next one's top.
        assertEquals(model.indexOf(3000) / 8, half === 0 ? row : row + 1, `${depth} in rows of ${h} m`);
      }
    }
  }
});

/** Settings that are refused, a number of their message, and the same settings with it. */
const LIMITS: [string, RegExp, (limit: string) => Partial<typeof DEFAULTS>, string][] = [
  ["time step", /at most ([\d.e-]+ ms)/, (interval) => ({ record: { length: "9 s", interval } }), "80 ms"],
  ["record", /at least ([\d.e-]+ s)/, (length) => ({ record: { length, interval: "0.1 ms" } }), "1 ms"],
  ["depth", /at most ([\d.]+ m)/, (depth) => ({ sources: { count: 1, depth } }), "9 km"],
  [
    "layer",
    /at ([\d.]+ m) at most/,
    (depth) => ({ background: { kind: "layered", layers: [{ depth, velocity: "2.5 km/s" }] } }),
    "9 km",
  ],
  [
    "point",
    /0\.\.([\d.]+ m) by/,
    (depth) => ({ receivers: { kind: "points", positions: [[depth, "0 m"]] } }),
    "9 km",
  ],
];

for (const [name, number, settings, wrong] of LIMITS) {
  Deno.test(`the limit of the ${name} that a message prints is accepted, at any velocity and spacing`, () => {
    let tried = 0;
    for (let i = 0; i < 40; i++) {
      const spacing = [3 + 1.37 * i, 5 + 0.731 * i], velocity = `${1.5 + 0.0713 * i} km/s`;
      const changes = (text: string) => ({
        spacing,
        frequency: `${(120 / Math.max(...spacing)).toFixed(3)} Hz`,
        background: { kind: "constant", velocity },
        ...settings(text),
      });
      const [text] = said(changes(wrong)), limit = number.exec(text)?.[1];
      assert(limit, text);
      assert(limit.replace(/\D/g, "").replace(/^0+/, "").length <= 6, text);
      const again = said(changes(limit));
      assert(!again.some((other) => number.test(other)), `${text}\nand then: ${again}`);
      tried++;
    }
    assertEquals(tried, 40);
  });
}

Deno.test("the largest stable step that check prints is accepted", () => {
  for (let i = 0; i < 40; i++) {
    const spacing = [5 + 0.37 * i, 5 + 0.731 * i],
      background = { kind: "constant", velocity: `${2 + 0.0713 * i} km/s` };
    const options = born.schema.parse(spreads({ spacing, background }));
    const [, step] = born.inspect!(options, { specFolder: "." });
    const limit = /largest stable one, ([\d.]+ ms)/.exec(step.message)![1];
    const again = said({ spacing, background, record: { length: "2 s", interval: limit } });
    assertEquals(again.filter((text) => /Cannot step/.test(text)), [], step.message);
  }
});

Deno.test("a limit in units has six digits at most and lies on the side that keeps it", () => {
  const read = (text: string) => quantity("time").parse(text);
  for (let i = 1; i < 2000; i++) {
    const value = 1.7e-7 * 1.0123 ** i % 97, most = written("time", value, "ms", "at most");
    const least = written("time", value, "ms", "at least");
    assert(read(most) <= value && read(least) >= value, `${most} <= ${value} <= ${least}`);
    assert(read(least) - read(most) <= 0.01 * value, `${most} and ${least} are far from ${value}`);
  }
  assertEquals(written("length", 499.49999999999994, "m"), "499.5 m");
  assertEquals(written("time", 0.0033256, "ms", "at most"), "3.325 ms");
});

Deno.test("the number of samples that a refinement asks for is enough", async () => {
  const text = (samples: number) =>
    `name: refined
seed: 1
prior: { kind: gaussian }
operator: { kind: matrix, rows: 6, columns: 4 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 16 }
training: { pairs: 64, epochs: 2 }
correction: { kind: diagonal, encoding: shots }
refinement: { kind: smc, populations: 7 }
evaluation: { samples: ${samples} }
`;
  const load = async (samples: number) => {
    try {
      return (await preflight(await loadSpec("spec.yaml", { registry, text: text(samples) }), registry))
        .join();
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      return error.message;
    }
  };
  const [, least] = /write (\d+) or more/.exec(await load(100))!;
  assertEquals(await load(Number(least)), "");
});
