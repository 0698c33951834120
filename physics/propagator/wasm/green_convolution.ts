/** Where the compiled convolution is. */
export const CONVOLUTION_FILE = new URL("./green_convolution.wasm", import.meta.url);

/** Receivers that the kernel takes at a time. */
const BLOCK = 16, PAGE = 2 ** 16, F32 = 4;

/** Sizes of the Green's functions of a cell: samples of a trace, receivers, steps between kept backgrounds. */
export interface ConvolutionSizes {
  readonly samples: number;
  readonly spread: number;
  readonly every: number;
}

/** A background of a cell and the fields of impulses at the receivers, flat [samples, receivers]. */
interface ConvolutionInput {
  readonly background: Float32Array;
  readonly impulse: Float32Array;
  readonly factor: number;
}

/**
 * `factor sum_j background[j] impulse[n - j every, r]` of each receiver r at each time n, flat [receivers, times];
 * sums below 1e-12, of inputs of at most about 1, as 0.
 */
export type Convolution = (times: Uint32Array, input: ConvolutionInput) => Float32Array;

/** Sums below this are noise of rounding, and products with them slow where they are subnormal. */
export const NEGLIGIBLE = 1e-12;

/** The convolution in WebAssembly with 128-bit SIMD, in f32; its result is valid until the next one. */
export function wasmConvolution(
  code: Uint8Array<ArrayBuffer>,
  { samples, spread, every }: ConvolutionSizes,
): Convolution {
  const padded = BLOCK * Math.ceil(spread / BLOCK), kept = Math.ceil(samples / every);
  const sizes = { w: kept, g: samples * padded, times: samples, out: padded * samples };
  const at: Record<string, number> = {};
  let end = 0;
  for (const [name, length] of Object.entries(sizes)) {
    at[name] = end;
    end += BLOCK * F32 * Math.ceil(length / BLOCK);
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE) });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  const convolve = exports.convolve as (...args: number[]) => void;
  const floats = (name: keyof typeof sizes) => new Float32Array(memory.buffer, at[name], sizes[name]);
  const w = floats("w"), g = floats("g"), out = floats("out");
  const rows = new Uint32Array(memory.buffer, at.times, samples);
  return (times, { background, impulse, factor }) => {
    w.set(background);
    if (padded === spread) g.set(impulse);
    else for (let n = 0; n < samples; n++) g.set(impulse.subarray(n * spread, (n + 1) * spread), n * padded);
    rows.set(times);
    const sizes = [samples, padded, times.length, every];
    convolve(at.w, at.g, at.times, at.out, ...sizes, factor, NEGLIGIBLE);
    return out.subarray(0, spread * times.length);
  };
}
