import { assertLess } from "@std/assert";
import { openEngine } from "../../../core/engine/mod.ts";
import { assembledHessian, noiseGram } from "../../../core/inference/information.ts";
import { cholesky, elementOf, norm, productTransposed, transpose } from "../../../core/linalg/mod.ts";
import { bandLimited } from "../../../physics/noise/band_limited.ts";
import { smallSurvey, wavelet } from "./small_survey.ts";

await openEngine("wasm");

Deno.test("what the Hessian leaves out of the explicit matrices is a millionth of it", async () => {
  const survey = smallSurvey();
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
