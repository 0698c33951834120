import { resolve } from "node:path";
import type { Resources } from "../contracts/cost.ts";
import type { Survey } from "../contracts/operator.ts";
import type { LearningSpec, Spec } from "../contracts/spec.ts";
import { learns } from "../spec/mod.ts";
import { type EngineName, openEngine } from "../engine/mod.ts";
import { linearEstimator } from "../inference/linear_estimator.ts";
import { flowShapes } from "../inference/standardize.ts";
import { gateText, scenarioTable, verdict, writeReport } from "../report/mod.ts";
import { rootKey } from "../random.ts";
import { wavefieldText } from "../spec/check_text.ts";
import { baselinesFor } from "./baselines.ts";
import { stageCache } from "./cache.ts";
import { detectorsFor } from "./detection.ts";
import { digest, sourceDigest } from "./files.ts";
import { judgeGates } from "./gates.ts";
import { manifestOf } from "./manifest.ts";
import { checkFileSizes } from "./observations.ts";
import { planOf } from "./plan.ts";
import { duration, type Progress } from "./progress.ts";
import { openRecorder } from "./recorder.ts";
import type { Registry } from "./registry.ts";
import { buildLearners, buildPrior, buildProblem, openSurveys } from "./resolve.ts";
import { scenarioStage } from "./scenario_stage.ts";
import { type Stage, summaryOf } from "./summary.ts";
import {
  nominalStage,
  release,
  type RunContext,
  simulateStage,
  standardizationOf,
  trainStage,
} from "./training_stage.ts";

export interface RunOptions {
  readonly registry: Registry;
  /** Where relative paths in the spec start from, and the files that its options name. */
  readonly specFolder: string;
  readonly files: readonly string[];
  /** The spec as written, as one file that may lie in `folder`. */
  readonly frozen: (folder: string) => string;
  readonly resolvedText: string;
  readonly hash: string;
  readonly engine: EngineName;
  readonly resources: Resources;
  readonly out?: string;
  /** Sources that stages are computed by: their digest is part of every cached stage's identity. */
  readonly sources: readonly URL[];
  /** Script of a worker that computes a flow's training gradients. */
  readonly gradientWorker: URL;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

export interface RunOutcome {
  readonly folder: string;
  readonly summary: ReturnType<typeof summaryOf>;
}

/** Finished stages are kept here, beside the runs that made them. */
const CACHE_FOLDER = "results/.cache";

/** Runs a spec: simulate -> train -> per scenario observe, correct, evaluate -> record -> report. */
export async function runExperiment(spec: Spec, options: RunOptions): Promise<RunOutcome> {
  const { progress, registry } = options;
  const started = performance.now();
  const engine = await openEngine(options.engine);
  progress.say(
    `${spec.name}: engine ${engine.name} (${engine.reason}), ${
      engine.name === "webgpu" ? "waves too" : `${options.resources.workers} workers for wave physics`
    }`,
  );
  const plan = planOf(spec, { registry, resources: options.resources });
  if (plan && engine.name !== "webgpu") progress.say(`  ${wavefieldText(plan.wavefields)}`);
  const recorder = await openRecorder({ name: spec.name, hash: options.hash, out: options.out });
  progress.say(`  results in ${recorder.folder}`);
  const context: RunContext = {
    registry,
    recorder,
    progress,
    specFolder: options.specFolder,
    resources: options.resources,
    signal: options.signal,
    cache: stageCache(CACHE_FOLDER, await sourceDigest(options.sources)),
    key: rootKey(spec.seed),
    inputs: await inputDigests(options.files, options.specFolder),
    engine: engine.name,
    gradientWorker: options.gradientWorker,
  };
  const manifest = manifestOf(spec, { engine, inputs: context.inputs });
  await recorder.file("spec.yaml", options.frozen(recorder.folder));
  await recorder.file("resolved.yaml", options.resolvedText);
  await recorder.file("manifest.json", await manifest("running"));
  try {
    const summary = await runStages(spec, { context, engineName: engine.name, hash: options.hash, started });
    await recorder.file("summary.json", JSON.stringify(summary, null, 2) + "\n");
    await recorder.file("manifest.json", await manifest("complete", summary.stages));
    const report = await writeReport(recorder.folder);
    progress.say(`\n${scenarioTable(summary)}\n${verdict(summary)}`);
    for (const gate of summary.gates) progress.say(gateText(gate));
    progress.say(`report: ${report.path}  (${duration(summary.seconds)})`);
    return { folder: recorder.folder, summary };
  } catch (error) {
    await recorder.file("manifest.json", await manifest(options.signal?.aborted ? "interrupted" : "failed"));
    recorder.log(String(error));
    throw error;
  } finally {
    recorder.close();
  }
}

async function runStages(
  spec: Spec,
  { context, engineName, hash, started }: {
    context: RunContext;
    engineName: string;
    hash: string;
    started: number;
  },
) {
  const surveys = openSurveys(context);
  const stages: Stage[] = [];
  const timed = async <T extends object>(name: string, work: () => Promise<T>): Promise<T> => {
    const from = performance.now(), before = surveys.solves();
    const result = await work();
    if ("idle" in result && result.idle === true) return result;
    const seconds = (performance.now() - from) / 1000, cached = "cached" in result && result.cached === true;
    stages.push({ name, seconds, solves: surveys.solves() - before, cached });
    context.progress.say(`  ${name}: ${cached ? "cached" : duration(seconds)}`);
    return result;
  };
  try {
    // A shift whose images are missing, or observations of another size, must not be found out after an hour of training.
    await timed("assemble", async () => {
      const { files } = spec.evaluation;
      if (files) {
        checkFileSizes(files, { survey: await surveys.get(spec.operator), folder: context.specFolder });
      }
      for (const scenario of spec.scenarios) {
        await buildPrior(scenario, await surveys.get(scenario.operator), context);
      }
      return { idle: surveys.solves() === 0 };
    });
    const nominal = await surveys.get(spec.operator);
    const learning = learns(spec) ? await learn(spec, { survey: nominal, context, timed }) : undefined;
    const known = learning?.simulated ??
      await timed("reference", () => nominalStage(spec, nominal, context));
    const baselines = await timed("baselines", () => baselinesFor(spec, { nominal: known, context }));
    const methods = { learned: learning, baselines };
    const outcomes = [];
    for (const scenario of spec.scenarios) {
      outcomes.push(
        await timed(scenario.name, async () => {
          const survey = await surveys.get(scenario.operator);
          const problem = await buildProblem(spec, {
            scenario,
            survey,
            reference: known.reference,
            context,
          });
          return await scenarioStage(spec, { scenario, problem, methods, context });
        }),
      );
    }
    learning?.release();
    const seconds = (performance.now() - started) / 1000;
    const gates = judgeGates(spec.gates, outcomes);
    return summaryOf(spec, { hash, engine: engineName, seconds, survey: nominal, stages, outcomes, gates });
  } finally {
    await surveys.close();
  }
}

/** Simulates, trains, and gives the amortized posterior with what corrects it. */
async function learn(
  spec: LearningSpec,
  { survey, context, timed }: {
    survey: Survey;
    context: RunContext;
    timed: <T extends object>(name: string, work: () => Promise<T>) => Promise<T>;
  },
) {
  const simulated = await timed("simulate", () => simulateStage(spec, survey, context));
  const standardization = standardizationOf(simulated), shapes = flowShapes(standardization);
  const learners = await buildLearners(spec, { registry: context.registry, shapes });
  const trained = await timed(
    "train",
    () => trainStage(spec, { simulated, standardization, ...learners, context }),
  );
  const posterior = { flow: learners.flow, params: trained.params, standardization };
  const detectors = await timed("detection", async () => {
    const found = await detectorsFor(spec, { simulated, posterior, context });
    return { ...found, idle: spec.evaluation.detection === 0 };
  });
  const spaces = { x: survey.domain, y: simulated.problem.summary.space };
  return {
    simulated,
    ...learners,
    posterior,
    detectors,
    estimator: spec.evaluation.calibration && linearEstimator(simulated.pairs, spaces),
    stepsPerPass: survey.sources,
    release: () => release(trained),
  };
}

/** Digests of the files that the spec's options name; what is missing is told by who reads it. */
async function inputDigests(files: readonly string[], folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const file of files) {
    const bytes = await Deno.readFile(resolve(folder, file)).catch(() => undefined);
    if (bytes) digests[file] = await digest(bytes, 16);
  }
  return digests;
}
