import { assert, assertLess } from "@std/assert";
import { sizeOf } from "../../../core/base/shape.ts";
import { normals, rootKey } from "../../../core/base/random.ts";
import { bornSurvey } from "../../../physics/born.ts";
import { relativeError, smallGeometry } from "../small.ts";

for (const every of [1, 4]) {
  Deno.test(`the assembled shots, restored to all samples, equal the operator (k = ${every})`, async () => {
    const survey = bornSurvey(smallGeometry({ every }), { engine: "oracle" });
    try {
      const { range, interpolation, transposed } = await survey.assemble!();
      const [receivers, times] = range.shape, samples = survey.shotRange.shape[1];
      assertLess(times, samples / 2);
      const x = normals(rootKey(1), sizeOf(survey.domain)), free = x.filter((_, i) => survey.mask[i] === 1);
      for (let i = 0; i < survey.sources; i++) {
        const matrix = await transposed(i), kept = new Float64Array(sizeOf(range));
        free.forEach((v, cell) => kept.forEach((_, k) => kept[k] += v * matrix[cell * kept.length + k]));
        const traces = Float64Array.from({ length: receivers * samples }, (_, k) => {
          const row = interpolation.subarray(k % samples * times, (k % samples + 1) * times);
          return row.reduce((sum, t, j) => sum + t * kept[Math.floor(k / samples) * times + j], 0);
        });
        const expected = await survey.shot(i).forward(new Float64Array(x));
        assert(expected.some((v) => v !== 0));
        assertLess(relativeError(traces, expected), 6e-5);
      }
    } finally {
      await survey.close();
    }
  });
}
