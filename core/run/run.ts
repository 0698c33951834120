import type { Ahead } from "../contracts/flags.ts";
import type { Spec } from "../contracts/spec.ts";
import type { RunSummary, StageSummary } from "../contracts/summary.ts";
import { gateText, scenarioTable, verdict, writeReport } from "../report/mod.ts";
import { type Experiment, experimentOf, type OpenOptions, stagesOf, targetsOf } from "./experiment.ts";
import { writeFault } from "../base/files.ts";
import { judgeGates } from "../judge/gates.ts";
import { geometryOf } from "../problem/geometry.ts";
import { manifestOf } from "./manifest.ts";
import { checkFileSizes } from "../problem/observations.ts";
import { planOf, wavefieldText } from "../plan/plan.ts";
import { looksOf } from "../spec/methods.ts";
import { duration, type Progress } from "../base/progress.ts";
import { NO_RECORDER, openRecorder, type Recorder } from "../store/recorder.ts";
import { metricOutputs } from "../metrics/mod.ts";
import { buildPrior } from "../registry/build.ts";
import { scenarioStage } from "./scenario_stage.ts";
import { shardsOf } from "../learning/simulation.ts";
import { summaryOf } from "./summary.ts";
import { recordFlow, recordTraining } from "../learning/training.ts";
import { stoppedText } from "../base/stop.ts";

interface RunOptions extends Omit<OpenOptions, "recorder"> {
  /** The spec as written, as one file that may lie in `folder`. */
  readonly frozen: (folder: string) => string;
  readonly resolvedText: string;
  readonly hash: string;
  readonly out?: string;
}

export interface RunOutcome {
  readonly folder: string;
  readonly summary: RunSummary;
}

/** Runs a spec: simulate -> train -> per scenario observe, correct, evaluate -> record -> report. */
export async function runExperiment(spec: Spec, options: RunOptions): Promise<RunOutcome> {
  const { hash, signal } = options, started = performance.now();
  const recorder = await openRecorder({ name: spec.name, hash, out: options.out });
  const progress = logged(options.progress, recorder);
  const experiment = await experimentOf(spec, { ...options, recorder, progress });
  tellPlan(experiment, { ...options, progress });
  progress.say(`  results in ${recorder.folder}`);
  const manifest = manifestOf(spec, experiment);
  await recorder.file("spec.yaml", options.frozen(recorder.folder));
  await recorder.file("resolved.yaml", options.resolvedText);
  await recorder.file("manifest.json", await manifest("running"));
  try {
    const summary = await runStages(experiment, { hash, started });
    await recorder.file("summary.json", JSON.stringify(summary, null, 2) + "\n");
    await recorder.file("manifest.json", await manifest("complete", summary.stages));
    const report = await writeReport(recorder.folder, { signal }).catch((error) => {
      throw writeFault(error, recorder.folder);
    });
    progress.say(`\n${scenarioTable(summary)}\n${verdict(summary)}`);
    for (const gate of summary.gates) progress.say(gateText(gate));
    progress.say(`report: ${report.path}  (${duration(summary.seconds)})`);
    return { folder: recorder.folder, summary };
  } catch (error) {
    const status = signal?.aborted ? "interrupted" : "failed";
    // What cannot be written for the same reason, such as a full disk, must not hide that reason.
    await manifest(status).then((text) => recorder.file("manifest.json", text)).catch(() => {});
    attempted(() => recorder.log(signal?.aborted ? stoppedText(signal) : (error as Error).message));
    throw error;
  } finally {
    recorder.close();
  }
}

function attempted(write: () => void): void {
  try {
    write();
  } catch { /* see above */ }
}

/** Progress that also writes its permanent lines to the log of the run. */
function logged(progress: Progress, { log }: Recorder): Progress {
  return {
    ...progress,
    say(line) {
      progress.say(line);
      log(line);
    },
  };
}

function tellPlan(
  { spec, engine }: Experiment,
  { registry, resources, specFolder, progress }: RunOptions,
): void {
  const waves = engine.name === "webgpu" ? "waves too" : `${resources.workers} workers for wave physics`;
  progress.say(`${spec.name}: engine ${engine.name} (${engine.reason}), ${waves}`);
  const plan = planOf(spec, { registry, resources, specFolder });
  if (plan && engine.name !== "webgpu") progress.say(`  ${wavefieldText(plan.wavefields)}`);
}

async function runStages(
  experiment: Experiment,
  { hash, started }: { hash: string; started: number },
): Promise<RunSummary> {
  const { spec, engine, context, learned, scenarios } = experiment, { surveys } = context;
  const stages: StageSummary[] = [], timed = timer(experiment, stages), setup = stagesOf(experiment);
  const missing = await context.graph.missing(targetsOf(experiment));
  try {
    if (missing.size > 0) await timed("assemble", () => assemble(experiment));
    for (const { name, nodes } of setup.slice(0, setup.length - scenarios.length)) {
      const work = async () => {
        for (const node of nodes) if (missing.has(node.name)) await node.get();
        if (name === "train") await recordTrained(experiment);
      };
      await timed(name, work, { idle: nodes.length === 0 });
    }
    const outcomes = [];
    for (const task of scenarios) outcomes.push(await timed(task.scenario.name, () => scenarioStage(task)));
    const seconds = (performance.now() - started) / 1000, gates = judgeGates(spec.gates, outcomes);
    const survey = await geometryOf(spec.operator, context).get();
    const looks = looksOf(spec, context.registry), metrics = metricOutputs(context.registry);
    const results = { stages, metrics, outcomes, gates, looks };
    return summaryOf(spec, { hash, engine: engine.name, seconds, survey, ...results });
  } finally {
    await learned?.release();
    await experiment.problems.close();
    await surveys.close();
  }
}

/** Times a stage, and counts its solves; one that computed nothing was cached. */
function timer({ context: { surveys, graph, progress } }: Experiment, stages: StageSummary[]) {
  return async <T>(name: string, work: () => Promise<T>, { idle = false } = {}): Promise<T> => {
    const from = performance.now(), before = surveys.solves(), computed = graph.computed();
    const result = await work();
    const solves = surveys.solves() - before, seconds = (performance.now() - from) / 1000;
    if (name === "assemble" && solves === 0) return result;
    const cached = !idle && name !== "assemble" && solves === 0 && graph.computed() === computed;
    stages.push({ name, seconds, solves, cached });
    progress.say(`  ${name}: ${cached ? "cached" : duration(seconds)}`);
    return result;
  };
}

/**
 * Checks the files of all scenarios before training, so that missing images or observations of a wrong size are found
 * at once.
 */
async function assemble({ spec, context }: Experiment): Promise<void> {
  const { surveys, specFolder: folder } = context, { files } = spec.evaluation;
  if (files) checkFileSizes(files, { survey: await surveys.get(spec.operator), folder });
  for (const scenario of spec.scenarios) {
    await buildPrior(scenario, await surveys.get(scenario.operator), context);
  }
}

async function recordTrained({ learned, context: { recorder } }: Experiment): Promise<void> {
  if (!learned) return;
  const { value, cached } = await learned.trained.take();
  await recordFlow(recorder, value);
  if (cached) recordTraining(recorder, value);
}

/** Computes a part of an experiment into the cache, where runs find it; makes no run folder. */
export async function runAhead(
  spec: Spec,
  options: Omit<OpenOptions, "recorder">,
  { only, shard }: Ahead,
): Promise<void> {
  const experiment = await experimentOf(spec, { ...options, recorder: NO_RECORDER });
  const { learned, context: { surveys, graph } } = experiment, { progress } = options;
  if (!learned) throw new Error(`${spec.name} has no flow: there is nothing to ${only}. Leave out --only.`);
  const { shards } = learned.simulation, chosen = shard ? shardsOf(shards, shard) : shards;
  try {
    const missing = await graph.missing(chosen), now = chosen.filter(({ name }) => missing.has(name));
    for (const node of now) await node.get();
    progress.say(
      `${spec.name}: ${chosen.length} of ${shards.length} shards are simulated, ${now.length} of them now`,
    );
    if (only === "train") {
      const { cached } = await learned.trained.take();
      progress.say(`${spec.name}: the flow is trained${cached ? ", it was before" : ""}`);
    }
  } finally {
    await learned.release();
    await experiment.problems.close();
    await surveys.close();
  }
}
