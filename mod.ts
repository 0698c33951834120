/** driftless: reliable amortized variational inference, declared in YAML. Public API and composition root. */
import { main } from "./core/cli/main.ts";
import { commandsFor } from "./core/cli/commands.ts";
import { createRegistry, type Registry } from "./core/registry/registry.ts";
import type { Composition } from "./core/run/experiment.ts";
import { openTerminal } from "./core/base/terminal.ts";
import { plugins as metrics } from "./core/metrics/plugins.ts";
import { plugins as flows } from "./flows/plugins.ts";
import { plugins as methods } from "./core/methods/plugins.ts";
import { plugins as physics } from "./physics/plugins.ts";

export type * from "./core/contracts/cost.ts";
export type * from "./core/contracts/flow.ts";
export type * from "./core/contracts/gradient.ts";
export type * from "./core/contracts/metric.ts";
export type * from "./core/contracts/operator.ts";
export type * from "./core/contracts/plugin.ts";
export type * from "./core/contracts/problem.ts";
export type * from "./core/contracts/spec.ts";
export type * from "./core/contracts/vector.ts";
export { openEngine } from "./core/engine/mod.ts";
export { cgls, dotTest, taylorTest } from "./core/linalg/mod.ts";
export { rootKey } from "./core/base/random.ts";
export { loadFlow, type TrainedFlow } from "./core/learning/load_flow.ts";
export { createRegistry, type Registry } from "./core/registry/registry.ts";
export { runExperiment } from "./core/run/run.ts";
export { loadSpec } from "./core/spec/mod.ts";
export { acousticSurvey, type SurveyDescription } from "./physics/survey.ts";
export { ormsby, ricker } from "./physics/wavelet.ts";

/** Every component kind that driftless ships. */
export const registry: Registry = createRegistry([...physics, ...flows, ...methods, ...metrics]);

/** Where plugins' sources are, by what they take part in: a cached result is found only by the code that made it. */
export const SOURCES: Composition["sources"] = {
  root: new URL("./", import.meta.url),
  plugins: {
    problem: ["physics/plugins.ts"],
    flow: ["flows/gradient_server.ts", "flows/networks/", "flows/optimizers/"],
    correction: ["flows/corrections/", "flows/optimizers/"],
    metric: ["core/metrics/plugins.ts"],
  },
};

if (import.meta.main) {
  const gradientWorker = new URL("flows/gradient_worker.ts", import.meta.url);
  const terminal = openTerminal();
  const commands = commandsFor({ registry, sources: SOURCES, gradientWorker }, { terminal });
  Deno.exit(await main(Deno.args, { registry, commands, terminal }));
}
