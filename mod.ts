/** driftless: reliable amortized variational inference, declared in YAML. Public API and composition root. */
import { main } from "./core/cli.ts";
import { commandsFor } from "./core/run/commands.ts";
import { createRegistry, type Registry } from "./core/run/registry.ts";
import { plugins as flows } from "./flows/plugins.ts";
import { plugins as physics } from "./physics/plugins.ts";

export type * from "./core/contracts/cost.ts";
export type * from "./core/contracts/flow.ts";
export type * from "./core/contracts/operator.ts";
export type * from "./core/contracts/plugin.ts";
export type * from "./core/contracts/problem.ts";
export type * from "./core/contracts/spec.ts";
export type * from "./core/contracts/vector.ts";
export { openEngine } from "./core/engine/mod.ts";
export { cgls, dotTest, taylorTest } from "./core/linalg/mod.ts";
export { rootKey } from "./core/random.ts";
export { loadFlow, type TrainedFlow } from "./core/run/load_flow.ts";
export { createRegistry, type Registry } from "./core/run/registry.ts";
export { runExperiment } from "./core/run/run.ts";
export { loadSpec } from "./core/spec/mod.ts";
export { acousticSurvey, type SurveyDescription } from "./physics/survey.ts";
export { ormsby, ricker } from "./physics/wavelet.ts";

/** Every component kind that driftless ships. */
export const registry: Registry = createRegistry([...physics, ...flows]);

/** The sources that compute a run's stages: a cached stage is found only by the code that made it. */
const SOURCES = [
  "core/contracts/",
  "core/engine/",
  "core/inference/batches.ts",
  "core/inference/covariance.ts",
  "core/inference/gaussian.ts",
  "core/inference/gradient.ts",
  "core/inference/hierarchy.ts",
  "core/inference/importance.ts",
  "core/inference/information.ts",
  "core/inference/probit.ts",
  "core/inference/schedule.ts",
  "core/inference/simulate.ts",
  "core/inference/standardize.ts",
  "core/inference/train.ts",
  "core/inference/validation.ts",
  "core/linalg/",
  "core/random.ts",
  "core/run/checkpoints.ts",
  "core/run/flow_file.ts",
  "core/run/gaussian.ts",
  "core/run/safetensors.ts",
  "core/run/training_stage.ts",
  "flows/",
  "physics/",
].map((path) => new URL(path, import.meta.url));

if (import.meta.main) {
  const gradientWorker = new URL("flows/gradient_worker.ts", import.meta.url);
  const commands = commandsFor({ registry, sources: SOURCES, gradientWorker });
  Deno.exit(await main(Deno.args, { registry, commands }));
}
