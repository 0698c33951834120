import { assert, assertLess } from "@std/assert";
import { dot, norm, sizeOf } from "../../../core/linalg/mod.ts";
import { normals, rootKey } from "../../../core/random.ts";
import { bornSurvey } from "../../../physics/born.ts";
import { ricker } from "../../../physics/wavelet.ts";

const every = 4;
const survey = bornSurvey({
  grid: { shape: [14, 18], spacing: [12.5, 20] },
  velocity: Float64Array.from({ length: 14 * 18 }, (_, i) => 2000 + 40 * Math.floor(i / 18)),
  sources: [[25, 100], [25, 260]],
  receivers: [[[25, 60], [31, 137], [25, 320]]], // the second lies off the grid
  wavelet: ricker({ frequency: 25, count: 181, dt: 1.3e-3 }),
  order: 8,
  sponge: { cells: 12 },
  muteRows: 2,
  amplitude: 1e-8,
  every,
}, { workers: 1, snapshots: "f32" });

Deno.test("the assembled shots equal the operator on every k-th sample", async () => {
  try {
    const assembled = survey.assemble!(), kept = sizeOf(assembled.range);
    const x = normals(rootKey(1), sizeOf(survey.domain));
    for (let i = 0; i < survey.sources; i++) {
      const transposed = await assembled.transposed(i), d = await survey.shot(i).forward(x);
      const samples = survey.shotRange.shape[1], keptSamples = assembled.range.shape[1];
      const expected = new Float64Array(kept), got = new Float64Array(kept);
      for (let k = 0; k < kept; k++) {
        expected[k] = d[Math.floor(k / keptSamples) * samples + every * (k % keptSamples)];
        for (let cell = 0; cell < x.length; cell++) got[k] += transposed[cell * kept + k] * x[cell];
      }
      assert(norm(expected) > 0);
      assertLess(norm(expected.map((v, k) => v - got[k])) / norm(expected), 1e-5);
      assertLess(Math.abs(dot(expected, got) / dot(expected, expected) - 1), 1e-5);
    }
  } finally {
    await survey.close();
  }
});
