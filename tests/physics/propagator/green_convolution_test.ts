import { assert, assertEquals, assertLess } from "@std/assert";
import { normals, rootKey } from "../../../core/base/random.ts";
import {
  type Convolution,
  CONVOLUTION_FILE,
  type ConvolutionSizes,
  NEGLIGIBLE,
  wasmConvolution,
} from "../../../physics/propagator/wasm/green_convolution.ts";
import { relativeError } from "../small.ts";

/** The sum as it is written, in f64. */
function plainConvolution({ spread, every }: ConvolutionSizes): Convolution {
  return (times, { background, impulse, factor }) =>
    Float32Array.from({ length: spread * times.length }, (_, k) => {
      const r = Math.floor(k / times.length), n = times[k % times.length];
      let sum = 0;
      for (let j = 0; j * every <= n; j++) sum += background[j] * impulse[(n - j * every) * spread + r];
      return Math.abs(sum) < NEGLIGIBLE ? 0 : factor * sum;
    });
}

const code = await Deno.readFile(CONVOLUTION_FILE);

for (const [spread, every] of [[1, 1], [16, 4], [21, 3], [35, 4]]) {
  Deno.test(`the SIMD convolution is the sum as written: ${spread} receivers, k = ${every}`, () => {
    const samples = 41, sizes = { samples, spread, every }, kept = Math.ceil(samples / every);
    const [fast, plain] = [wasmConvolution(code, sizes), plainConvolution(sizes)];
    const times = Uint32Array.of(0, 7, 8, 25, 40);
    // Nothing before the first arrivals; and once nothing at all, after what the kernel's memory still holds.
    for (const [ahead, arrival] of [[0, 0], [3, 6], [kept, samples]]) {
      const background = normals(rootKey(1), kept).fill(0, 0, ahead);
      const impulse = normals(rootKey(2), samples * spread).fill(0, 0, arrival * spread);
      const input = { background, impulse, factor: -3e-4 };
      const expected = plain(times, input), found = fast(times, input);
      assertEquals(found.length, expected.length);
      if (ahead === kept) assert(found.every((v) => v === 0));
      else assertLess(relativeError(found, expected), 1e-6);
    }
  });
}

Deno.test("sums that are noise of rounding are 0, before the factor", () => {
  const sizes = { samples: 2, spread: 2, every: 1 }, times = Uint32Array.of(0);
  const input = {
    background: Float32Array.of(1e-8, 0),
    impulse: Float32Array.of(1e-5, 1e-3, 0, 0),
    factor: 1e20,
  };
  const [noise, kept] = wasmConvolution(code, sizes)(times, input);
  assertEquals(noise, 0);
  assertLess(Math.abs(kept / 1e9 - 1), 1e-6);
});
