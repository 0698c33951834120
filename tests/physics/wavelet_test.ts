import { assertAlmostEquals, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import {
  bandLimited,
  type Corners,
  highestFrequency,
  ormsby,
  peakFrequency,
  peakTime,
  ricker,
  rickerBandwidth,
  waveletOf,
} from "../../physics/wavelet.ts";

const dt = 1e-3, { samples } = ricker({ frequency: 20, delay: 0.1, count: 300, dt });

/** Amplitude of samples' Fourier transform. */
function amplitude(frequency: number, of: Float64Array = samples): number {
  let re = 0, im = 0;
  of.forEach((q, n) => {
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

const corners: Corners = [5, 10, 30, 40];

Deno.test("an Ormsby wavelet is 1 at its delay and symmetric about it", () => {
  const { samples } = ormsby({ corners, delay: 0.5, count: 1001, dt });
  assertAlmostEquals(samples[500], 1, 1e-12);
  for (let n = 0; n < 500; n++) assertAlmostEquals(samples[n], samples[1000 - n], 1e-12);
});

Deno.test("its amplitude spectrum is the trapezoid of its corners", () => {
  const { samples } = ormsby({ corners, delay: 2, count: 4001, dt });
  const full = amplitude(20, samples);
  for (const [f, wanted] of [[2, 0], [7.5, 0.5], [12, 1], [28, 1], [35, 0.5], [45, 0], [80, 0]]) {
    assertLess(Math.abs(amplitude(f, samples) / full - wanted), 5e-5, `at ${f} Hz`);
  }
});

Deno.test("its default delay cuts off a tail below 1.4 % of its peak", () => {
  const { samples } = ormsby({ corners, delay: 2, count: 2001, dt });
  const [start] = ormsby({ corners, count: 1, dt }).samples;
  assertAlmostEquals(samples[2000 - 1000 / (corners[1] - corners[0])], start, 1e-12);
  for (const v of samples.subarray(0, 1800)) assertLess(Math.abs(v), 0.014);
});

const file = {
  kind: "file",
  interval: 2e-3,
  samples: ricker({ frequency: 25, delay: 0.06, count: 100, dt: 2e-3 }).samples,
} as const;

Deno.test("a pulse of samples is itself at its own interval, 0 behind its end, and band-limited between", () => {
  const same = waveletOf(file, { count: 120, dt: 2e-3 }).samples;
  file.samples.forEach((v, n) => assertAlmostEquals(same[n], v, 1e-12));
  for (const v of same.subarray(100)) assertAlmostEquals(v, 0, 1e-12);
  const fine = waveletOf(file, { count: 190, dt }).samples;
  const wanted = ricker({ frequency: 25, delay: 0.06, count: 190, dt }).samples;
  wanted.forEach((v, n) => assertLess(Math.abs(fine[n] - v), 1.5e-9, `sample ${n}`));
});

Deno.test("a band limit leaves nothing outside, all inside, and no delay", () => {
  const delta = new Float64Array(2001);
  delta[1000] = 1;
  const { samples } = bandLimited({ samples: delta, dt }, [8, 60]);
  for (const f of [2, 7, 62, 100, 300]) assertLess(amplitude(f, samples), 3e-4, `at ${f} Hz`);
  for (const f of [17, 30, 44]) assertLess(Math.abs(amplitude(f, samples) - 1), 3e-4, `at ${f} Hz`);
  assertEquals(samples.indexOf(Math.max(...samples)), 1000);
  for (let n = 1; n < 900; n++) assertAlmostEquals(samples[1000 - n], samples[1000 + n], 1e-9);
});

Deno.test("a band from 0 Hz keeps the mean, and one of a Ricker changes only what is outside of it", () => {
  const one = { samples: new Float64Array(400).fill(1), dt };
  assertAlmostEquals(bandLimited(one, [0, 100]).samples[200], 1, 2e-4);
  const pulse = { kind: "ricker", frequency: 20, delay: 0.5 } as const, sampling = { count: 1000, dt };
  const plain = waveletOf(pulse, sampling).samples;
  const limited = waveletOf({ ...pulse, band: [5, 40] }, sampling).samples;
  assertLess(Math.abs(amplitude(20, limited) / amplitude(20, plain) - 1), 4e-4);
  assertLess(amplitude(45, limited) / amplitude(45, plain), 1e-3);
});

Deno.test("each kind tells its highest frequency, its peak frequency and when it peaks", () => {
  const told = (pulse: Parameters<typeof peakFrequency>[0]) =>
    [highestFrequency, peakFrequency, peakTime].map((of) => of(pulse));
  assertEquals(told({ kind: "ricker", frequency: 30 }), [75, 30, 0.04]);
  assertEquals(told({ kind: "ricker", frequency: 30, delay: 0.1, band: [40, 60] }), [60, 40, 0.1]);
  assertEquals(told({ kind: "ormsby", corners }), [40, 20, 0.2]);
  const [highest, peak, time] = told(file);
  assertAlmostEquals(peak, 25, 0.3);
  assertAlmostEquals(time, 0.06, 1e-12);
  // A Ricker has 2 % of its peak amplitude at 2.61 times its frequency.
  assertAlmostEquals(highest, 2.61 * 25, 0.5);
});

Deno.test("samples that are not there yet reach to their Nyquist frequency, and cannot be sampled", () => {
  const unread = { kind: "file", interval: 2e-3 } as const;
  assertEquals(highestFrequency(unread), 250);
  assertThrows(() => waveletOf(unread, { count: 3, dt }), Error, "has not been read");
});
