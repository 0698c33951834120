import { assertAlmostEquals, assertGreater, assertLess } from "@std/assert";
import { ricker, rickerBandwidth } from "../../physics/wavelet.ts";

const dt = 1e-3, { samples } = ricker({ frequency: 20, delay: 0.1, count: 300, dt });

/** Amplitude of the wavelet's Fourier transform. */
function amplitude(frequency: number): number {
  let re = 0, im = 0;
  samples.forEach((q, n) => {
    re += q * Math.cos(2 * Math.PI * frequency * n * dt);
    im += q * Math.sin(2 * Math.PI * frequency * n * dt);
  });
  return Math.hypot(re, im);
}

Deno.test("a Ricker wavelet is 1 at its delay and has no mean", () => {
  assertAlmostEquals(samples[100], 1, 1e-12);
  assertAlmostEquals(samples.reduce((a, b) => a + b), 0, 1e-9);
});

Deno.test("its spectrum peaks at its frequency and is spent at its bandwidth", () => {
  assertGreater(amplitude(20), amplitude(19));
  assertGreater(amplitude(20), amplitude(21));
  assertAlmostEquals(amplitude(rickerBandwidth(20)) / amplitude(20), 0.0327, 1e-3);
});

Deno.test("without a delay it begins near zero", () => {
  assertLess(Math.abs(ricker({ frequency: 20, count: 1, dt }).samples[0]), 1e-4);
});
