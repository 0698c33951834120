import { assertLess } from "@std/assert";
import { openEngine } from "../../../core/engine/mod.ts";
import { assembledHessian, noiseGram } from "../../../core/inference/information.ts";
import { cholesky, elementOf, norm, productTransposed, transpose } from "../../../core/linalg/mod.ts";
import { bornSurvey } from "../../../physics/born.ts";
import { bandLimited } from "../../../physics/noise/band_limited.ts";
import { ricker } from "../../../physics/wavelet.ts";

await openEngine("wasm");

const wavelet = ricker({ frequency: 25, count: 161, dt: 1.3e-3 });

Deno.test("what the Hessian leaves out of the explicit matrices is a millionth of it", async () => {
  const survey = bornSurvey({
    grid: { shape: [10, 12], spacing: [12.5, 20] },
    velocity: new Float64Array(120).fill(2200),
    sources: [[25, 60], [25, 160]],
    receivers: [[[25, 20], [25, 120], [25, 200]]],
    wavelet,
    order: 8,
    sponge: { cells: 12 },
    muteRows: 2,
    amplitude: 1e-8,
    every: 4,
  }, { workers: 1, snapshots: "f32" });
  try {
    const noise = bandLimited({ wavelet, sigma: 1e-3, likelihood: "coloured", floor: 0.01 }), n = 96;
    const assembled = await survey.assemble!(), gram = noiseGram(assembled, noise);
    const kept = assembled.range.shape[1], lt = transpose(cholesky(gram)), wanted = new Float64Array(n * n);
    for (let i = 0; i < 2; i++) {
      const rows = productTransposed(Float64Array.from(await assembled.transposed(i)), lt, kept); // M L
      productTransposed(rows, rows, rows.length / n).forEach((v, k) => wanted[k] += v);
    }
    const found = await assembledHessian(assembled, { gram, sources: 2, cells: n, watch: {} });
    const error = wanted.map((v, k) => elementOf(found, Math.floor(k / n), k % n) - v);
    assertLess(norm(error) / norm(wanted), 2.5e-6);
  } finally {
    await survey.close();
  }
});
