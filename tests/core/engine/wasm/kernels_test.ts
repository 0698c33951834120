import { assert, assertEquals, assertLess } from "@std/assert";
import { normals, rootKey } from "../../../../core/base/random.ts";
import { buildKernels } from "../../../../core/engine/wasm/build.ts";
import { kernelFile } from "../../../../core/engine/wasm/kernel_file.ts";
import { loadKernels } from "../../../../core/engine/wasm/load.ts";

const BUILDS = { plain: false, relaxed: true };

/** Sizes of a convolution whose output has the input's size. */
interface Shape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly ci: number;
  readonly co: number;
  readonly kh: number;
  readonly kw: number;
}

/** Every remainder of the tiles: widths around 4 and 8, channels around 4 and 8, even kernels, one pixel. */
const SHAPES: readonly Shape[] = [
  { n: 2, h: 3, w: 5, ci: 3, co: 8, kh: 3, kw: 3 },
  { n: 1, h: 1, w: 1, ci: 7, co: 5, kh: 3, kw: 3 },
  { n: 1, h: 2, w: 11, ci: 4, co: 13, kh: 1, kw: 1 },
  { n: 2, h: 4, w: 9, ci: 1, co: 1, kh: 3, kw: 3 },
  { n: 1, h: 5, w: 3, ci: 9, co: 4, kh: 2, kw: 4 },
  { n: 1, h: 1, w: 130, ci: 5, co: 12, kh: 1, kw: 1 },
];
const top = (kh: number) => (kh - 1) >> 1;

/** Visits every product of the convolution by its flat indices of input, filter and output. */
function visit({ n, h, w, ci, co, kh, kw }: Shape, see: (x: number, f: number, y: number) => void): void {
  for (let b = 0; b < n; b++) {
    for (let at = 0; at < h * w; at++) {
      for (let tap = 0; tap < kh * kw; tap++) {
        const row = Math.floor(at / w) + Math.floor(tap / kw) - top(kh), column = at % w + tap % kw - top(kw);
        if (row < 0 || row >= h || column < 0 || column >= w) continue;
        for (let i = 0; i < ci; i++) {
          const x = ((b * h + row) * w + column) * ci + i;
          for (let o = 0; o < co; o++) see(x, (tap * ci + i) * co + o, (b * h * w + at) * co + o);
        }
      }
    }
  }
}

const sizes = ({ n, h, w, ci, co, kh, kw }: Shape) => ({
  x: n * h * w * ci,
  f: kh * kw * ci * co,
  y: n * h * w * co,
});

/** A heap of its own, with arrays put on it one after another. */
async function heap(relaxed: boolean) {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const kernels = await loadKernels(
    await WebAssembly.compile(await Deno.readFile(kernelFile(relaxed))),
    memory,
  );
  let end = 1024;
  const put = (values: Float32Array) => {
    const address = end;
    new Float32Array(memory.buffer, address, values.length).set(values);
    end += 4 * values.length + 64;
    return address;
  };
  const get = (address: number, n: number) => new Float32Array(memory.buffer, address, n).slice();
  return { kernels, put, get, room: (n: number) => put(new Float32Array(n).fill(NaN)) };
}

function largestError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i])), 0);
}

for (const [name, relaxed] of Object.entries(BUILDS)) {
  Deno.test(`the committed ${name} kernels are what their source builds`, async () => {
    const committed = await Deno.readFile(kernelFile(relaxed)), built = await buildKernels(relaxed);
    assert(
      committed.length === built.length && committed.every((byte, i) => byte === built[i]),
      "run deno run -A core/engine/wasm/build.ts",
    );
  });

  Deno.test(`${name} convolution is the sum of its definition, with bias and ReLU`, async () => {
    for (const shape of SHAPES) {
      const { kernels, put, get, room } = await heap(relaxed);
      const { n, h, w, ci, co, kh, kw } = shape, size = sizes(shape);
      const x = normals(rootKey(1), size.x), f = normals(rootKey(2), size.f), bias = normals(rootKey(3), co);
      const packed = room((kh * kw * ci + 1) * (co + 3)), out = room(size.y), scratch = room(2048);
      const pixels = kh * kw === 1 ? [1, 1, n * h * w] : [n, h, w];
      kernels.packWeights(put(f), put(bias), packed, kh * kw, ci, co, ci * co, co, 1);
      kernels.convolve(put(x), packed, out, scratch, ...pixels, ci, co, kh, kw, top(kh), top(kw), 1);
      const expected = Float64Array.from({ length: size.y }, (_, i) => bias[i % co]);
      visit(shape, (i, j, k) => expected[k] += x[i] * f[j]);
      assertLess(
        largestError(get(out, size.y), expected.map((v) => Math.max(v, 0))),
        2e-5,
        JSON.stringify(shape),
      );
    }
  });

  Deno.test(`${name} filter gradient is the sum of its definition`, async () => {
    for (const shape of SHAPES.filter(({ co }) => co % 4 === 0)) {
      const { kernels, put, get, room } = await heap(relaxed);
      const { n, h, w, ci, co, kh, kw } = shape, size = sizes(shape);
      const x = normals(rootKey(1), size.x), dy = normals(rootKey(4), size.y);
      const out = room(size.f), pixels = kh * kw === 1 ? [1, 1, n * h * w] : [n, h, w];
      kernels.filterGradient(put(x), put(dy), out, room(2048), ...pixels, ci, co, kh, kw, top(kh), top(kw));
      const expected = new Float64Array(size.f);
      visit(shape, (i, j, k) => expected[j] += x[i] * dy[k]);
      assertLess(largestError(get(out, size.f), expected), 1e-4, JSON.stringify(shape));
    }
  });

  Deno.test(`${name} sums keep what f32 accumulation loses`, async () => {
    const { kernels, put, get, room } = await heap(relaxed);
    const rows = 1001, columns = 7, x = new Float32Array(rows * columns).fill(0.1);
    x[3] = 2 ** 24;
    const exact = 2 ** 24 + Math.fround(0.1) * (rows - 1);
    const address = put(x), out = room(columns);
    kernels.sumRows(address, out, rows, columns);
    assertEquals(get(out, columns)[3], Math.fround(exact));
    assertLess(
      Math.abs(kernels.sumAll(address, x.length) - exact - Math.fround(0.1) * rows * (columns - 1)),
      1e-6,
    );
    const small = new Float32Array(10001).fill(0.1);
    small[0] = 2 ** 13;
    const squares = 2 ** 26 + Math.fround(0.1) ** 2 * 10000;
    assertLess(Math.abs(kernels.sumSquares(put(small), small.length) - squares), 1e-3);
  });
}
