import { z } from "zod";
import { drawUnknowns, observe, type Problem } from "../../inference/simulate.ts";
import { addScaled, cgls, cglsApplications, cglsBatch, dot, whitenerOf } from "../../linalg/mod.ts";
import { sizeOf } from "../../base/shape.ts";
import { fold, type Key } from "../../base/random.ts";
import { about } from "../../base/units.ts";
import { simulateKey } from "../../problem/problems.ts";
import type { Node } from "../../store/graph.ts";
import { baseline } from "../baseline.ts";
import { method, type MethodContext } from "../method.ts";

/** Candidate damping weights in units of 1 / RMS(x), where 1 is the ridge of a white prior. */
const CANDIDATES = [0.5, 1, 2, 4];
const TUNING_IMAGES = 2;

/** Damped least squares `min |W(Jx - d)|^2 + damping^2 |x|^2` by CGLS. */
export const leastSquares = method({
  kind: "cgls",
  about: "least squares by conjugate gradients, its damping chosen on training data",
  label: "least squares",
  color: "#ccbb44",
  samples: false,
  needs: ["linear"],
  asked: "baselines",
  default: true,
  schema: z.strictObject({
    iterations: about(z.int().min(1).max(1e6), "Iterations; each takes one J and one J^T.").default(20),
  }),
  cost({ iterations }) {
    const applications = cglsApplications(iterations);
    return { applications, tuning: TUNING_IMAGES * (1 + CANDIDATES.length * applications) };
  },
  build({ iterations }, given) {
    const damping = dampingNode(iterations, given);
    return baseline({
      kind: "cgls",
      reads: iterations,
      upstream: [damping],
      async estimate({ survey, noise }, { data }) {
        const { x, residuals } = await cgls(survey.stacked, data, {
          iterations,
          damping: await damping.get(),
          whiten: whitenerOf({ survey, noise }),
        });
        return { mean: new Float32Array(x), misfits: residuals };
      },
    }, given);
  },
});

/** The damping, chosen on training data, or on draws of the prior where there is none. */
function dampingNode(iterations: number, { spec, problems, context }: MethodContext): Node<number> {
  const { prior, operator, noise, seed, training } = spec;
  const parts = {
    reads: { prior, operator, noise, seed, pairs: training?.pairs ?? null, iterations },
    upstream: [problems.reference],
  };
  return context.graph.node("tuning", parts, async () => {
    const { problem } = await problems.nominal();
    const x = training
      ? await drawUnknowns(problem, { key: simulateKey(context), n: training.pairs })
      : await problem.prior.sample(fold(context.key, "tuning"), TUNING_IMAGES);
    const damping = await tunedDamping(problem, { x, iterations, key: context.key });
    context.progress.say(`  least squares: damping ${damping.toPrecision(3)} chosen on training data`);
    return damping;
  });
}

/** The damping with the smallest error on a few training unknowns. */
async function tunedDamping(
  { survey, noise }: Problem,
  { x, iterations, key }: { x: Float32Array; iterations: number; key: Key },
): Promise<number> {
  const size = sizeOf(survey.domain);
  const free = survey.mask.reduce((a, b) => a + b, 0) * x.length / size;
  const rms = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / free);
  const whiten = whitenerOf({ survey, noise });
  const dampings = CANDIDATES.map((candidate) => candidate / rms), errors = dampings.map(() => 0);
  for (let i = 0; i < TUNING_IMAGES; i++) {
    const truth = x.subarray(i * size, (i + 1) * size);
    const d = await observe({ survey, noise }, truth, fold(fold(key, "tuning"), i));
    const data = new Float32Array(dampings.length * d.length);
    dampings.forEach((_, c) => data.set(d, c * d.length));
    const solved = await cglsBatch(survey.stacked, data, { iterations, dampings, whiten });
    for (const [c, { x }] of solved.entries()) {
      addScaled(x, -1, { x: truth });
      errors[c] += dot(x, x);
    }
  }
  return dampings[errors.indexOf(Math.min(...errors))];
}
