import type { Survey } from "../contracts/operator.ts";
import type { Spec } from "../contracts/spec.ts";
import { drawUnknowns, observe, type Problem } from "../inference/simulate.ts";
import {
  addScaled,
  cgls,
  cglsBatch,
  type CglsOptions,
  dot,
  illuminationPreconditioner,
  whitenerOf,
} from "../linalg/mod.ts";
import { sizeOf } from "../base/shape.ts";
import { fold } from "../base/random.ts";
import type { RunContext } from "../store/context.ts";
import { CGLS, LSRTM } from "../plan/effort.ts";
import type { Node } from "../store/graph.ts";
import { type Problems, simulateKey } from "../problem/problems.ts";
import type { Baseline, BaselineMethod, Estimate } from "./method.ts";

/** The damping of least squares. */
function dampingNode(spec: Spec, problems: Problems, context: RunContext): Node<number> {
  const { prior, operator, noise, seed, training } = spec;
  const parts = {
    reads: { prior, operator, noise, seed, pairs: training?.pairs ?? null },
    upstream: [problems.reference],
  };
  return context.graph.node("tuning", parts, async () => {
    const { problem } = await problems.nominal();
    const x = training
      ? await drawUnknowns(problem, { key: simulateKey(context), n: training.pairs })
      : await problem.prior.sample(fold(context.key, "tuning"), CGLS.tuningImages);
    const damping = await tunedDamping(problem, x, context);
    context.progress.say(`  least squares: damping ${damping.toPrecision(3)} chosen on training data`);
    return damping;
  });
}

/** Least squares with the damping that training data choose. */
export function leastSquaresBaseline(spec: Spec, problems: Problems, context: RunContext): BaselineMethod {
  const damping = dampingNode(spec, problems, context);
  const estimate: Baseline = async (...about) => await leastSquares(await damping.get())(...about);
  return { method: "cgls", stage: "baseline", estimate, reads: CGLS.iterations, upstream: [damping] };
}

/** Least-squares migration as a baseline. */
export function migrationBaseline(context: RunContext): BaselineMethod {
  const estimate = leastSquaresMigration(context);
  return { method: "lsrtm", stage: "baseline", estimate, reads: LSRTM, upstream: [] };
}

/** Least squares `min |W(Jx - d)|^2 + damping^2 |x|^2` by CGLS. */
function leastSquares(damping: number): Baseline {
  return async (problem, { data }) => ({
    method: "cgls",
    ...await solve({ ...problem, data }, { iterations: CGLS.iterations, damping }),
  });
}

/** Least-squares migration: few iterations without damping, all depths made equally bright. */
function leastSquaresMigration({ key }: RunContext): Baseline {
  const known = new Map<Survey, Promise<Float64Array>>();
  return async (problem, { data }) => {
    const { survey } = problem, whiten = whitenerOf(problem);
    const found = known.get(survey) ??
      illuminationPreconditioner(survey.stacked, { key: fold(key, "illumination"), whiten });
    known.set(survey, found);
    const precondition = await found;
    return { method: "lsrtm", ...await solve({ ...problem, data }, { ...LSRTM, precondition }) };
  };
}

async function solve(
  problem: Pick<Problem, "survey" | "noise"> & { data: Float32Array },
  options: CglsOptions,
): Promise<Pick<Estimate, "mean" | "misfits">> {
  const { x, residuals } = await cgls(problem.survey.stacked, problem.data, {
    ...options,
    whiten: whitenerOf(problem),
  });
  return { mean: new Float32Array(x), misfits: residuals };
}

/** The damping with the smallest error on a few training unknowns. */
async function tunedDamping(
  { survey, noise }: Problem,
  x: Float32Array,
  { key }: RunContext,
): Promise<number> {
  const size = sizeOf(survey.domain);
  const free = survey.mask.reduce((a, b) => a + b, 0) * x.length / size;
  const rms = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / free);
  const { candidates, iterations } = CGLS, whiten = whitenerOf({ survey, noise });
  const dampings = candidates.map((candidate) => candidate / rms), errors = dampings.map(() => 0);
  for (let i = 0; i < CGLS.tuningImages; i++) {
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
