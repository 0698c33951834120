import { assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Survey } from "../../core/contracts/operator.ts";
import { addScaled, dotTest, norm, zerosLike } from "../../core/linalg/mod.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { fold, normals64, rootKey } from "../../core/base/random.ts";
import { buildSmall, relativeError, smallPlugins } from "./small.ts";

const key = rootKey(8);
const PRECISIONS = [{ precision: "f32", limit: 1e-5 }, { precision: "f64", limit: 1e-10 }] as const;

/** Runs a test on a kind's survey in f64. */
async function onSurvey(
  small: ReturnType<typeof smallPlugins<"operator">>[number],
  { precision = "f64", test }: { precision?: "f32" | "f64"; test: (survey: Survey) => Promise<void> },
): Promise<void> {
  const survey = await buildSmall(small, {
    resources: { workers: 2, memory: 1e9 },
    engine: precision === "f64" ? "oracle" : "wasm",
  });
  try {
    await test(survey);
  } finally {
    await survey.close();
  }
}

const weightsOf = (survey: Survey) => normals64(fold(key, "weights"), survey.sources);
const modelOf = (survey: Survey) => normals64(fold(key, "x"), sizeOf(survey.domain));

/** Simulators are no linear operators: simulators_test.ts has what they promise. */
for (const small of smallPlugins("operator").filter(({ plugin }) => !plugin.simulates)) {
  const { kind } = small.plugin;
  for (const { precision, limit } of PRECISIONS) {
    Deno.test(`${kind}: adjoints are transposes in ${precision}`, () =>
      onSurvey(small, {
        precision,
        test: async (survey) => {
          const last = survey.sources - 1;
          for (const a of [survey.shot(last), survey.encoded(weightsOf(survey)), survey.stacked]) {
            assertLess(await dotTest(a, { key, precision }), limit);
          }
        },
      }));
  }

  Deno.test(`${kind}: an encoded shot is the weighted sum of single shots, and a unit vector's is that shot`, () =>
    onSurvey(small, {
      test: async (survey) => {
        const x = modelOf(survey), weights = weightsOf(survey);
        const sum = zerosLike(x, sizeOf(survey.shotRange));
        for (let i = 0; i < survey.sources; i++) {
          const shot = await survey.shot(i).forward(x);
          const unit = Float64Array.from(weights, (_, j) => i === j ? 1 : 0);
          assertLess(relativeError(await survey.encoded(unit).forward(x), shot), 1e-12);
          addScaled(sum, weights[i], { x: shot });
        }
        assertLess(relativeError(await survey.encoded(weights).forward(x), sum), 1e-10);
      },
    }));

  Deno.test(`${kind}: stacked data are the shots in a row`, () =>
    onSurvey(small, {
      test: async (survey) => {
        const x = modelOf(survey), size = sizeOf(survey.shotRange), all = await survey.stacked.forward(x);
        assertEquals(all.length, survey.sources * size);
        for (let i = 0; i < survey.sources; i++) {
          const own = all.subarray(i * size, (i + 1) * size);
          assertLess(relativeError(own, await survey.shot(i).forward(x)), 1e-12);
        }
      },
    }));

  Deno.test(`${kind}: several vectors at once give what each gives alone`, () =>
    onSurvey(small, {
      test: async ({ stacked, shot, nonlinear, domain }) => {
        const size = sizeOf(domain), xs = normals64(fold(key, "several"), 3 * size);
        for (const a of [stacked, shot(0), ...(nonlinear ? [nonlinear] : [])]) {
          const data = await a.forward(xs, 3), n = data.length / 3;
          const images = "adjoint" in a ? await a.adjoint(data, 3) : undefined;
          for (let k = 0; k < 3; k++) {
            const alone = await a.forward(xs.slice(k * size, (k + 1) * size));
            assertEquals(data.slice(k * n, (k + 1) * n), alone);
            if (!("adjoint" in a) || !images) continue;
            assertEquals(images.slice(k * size, (k + 1) * size), await a.adjoint(alone));
          }
        }
      },
    }));

  Deno.test(`${kind}: muted cells do not show in the data, and no image falls on them`, () =>
    onSurvey(small, {
      test: async (survey) => {
        const x = modelOf(survey), d = await survey.stacked.forward(x);
        const free = await survey.stacked.forward(x.map((v, i) => v * survey.mask[i]));
        assertLess(relativeError(free, d), 1e-12);
        const image = await survey.stacked.adjoint(d);
        assertGreater(norm(image), 0);
        assertEquals(norm(image.map((v, i) => v * (1 - survey.mask[i]))), 0);
      },
    }));

  Deno.test(`${kind}: it tells the very spaces that it is built with`, () =>
    onSurvey(small, {
      test: ({ domain, shotRange, sources, mask, wavelet }) => {
        const { muted = false, ...shapes } = small.plugin.shapes!(small.options, { specFolder: "." })!;
        assertEquals([shapes.domain, shapes.shotRange, shapes.sources], [domain, shotRange, sources]);
        assertEquals([muted, shapes.wavelet ?? false], [mask.includes(0), wavelet !== undefined]);
        return Promise.resolve();
      },
    }));
}
