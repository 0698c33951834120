/**
 * All kinds of stages: what each computes, what it depends on, and which modules compute it. This is the only list of
 * them.
 */

/**
 * Groups of plugins: the parts of a problem, the flows, the corrections and the metrics. The composition root says where
 * their modules are.
 */
export type PluginGroup = "problem" | "flow" | "correction" | "metric";

export interface StageKind {
  readonly about: string;
  /** Plugins that take part. */
  readonly plugins: readonly PluginGroup[];
  /**
   * The module that computes the results, in addition to the plugins. All that it imports counts too. There are several
   * only if the module is handed functions that it does not import.
   */
  readonly entries: readonly string[];
  /**
   * The engine that the numbers depend on: the tensor engine, or that of the waves alone. Absent if neither.
   */
  readonly engine?: "tensors" | "waves";
  /** Whether each run computes the result again. This holds for results that are cheap, large or not plain values. */
  readonly transient?: true;
}

const core = (...names: string[]) => names.map((name) => `core/${name}.ts`);

/** A stage that is handed the trained flow: `learning/opened` opens it. */
const opened = (...names: string[]) => core(...names, "learning/opened");

/** Stages of the waves, of an observation, of the trained flow, and of a flow that is fitted to an observation. */
const waves = { plugins: ["problem"], engine: "waves" } as const;
const flow = { plugins: ["flow"], engine: "tensors" } as const;
const fitted = { plugins: ["problem", "flow", "correction"], engine: "tensors" } as const;

export const STAGES = {
  geometry: {
    about: "grid and acquisition of an operator",
    plugins: ["problem"],
    entries: core("problem/geometry"),
  },
  array: { ...waves, about: "an assembled operator's matrices", entries: [] },
  reference: { ...waves, about: "RMS of clean training data", entries: core("problem/problems") },
  simulate: { ...waves, about: "a shard of the training pairs", entries: core("learning/simulation") },
  pairs: { about: "all training pairs", plugins: [], entries: core("learning/simulation"), transient: true },
  train: { ...flow, about: "the trained flow", entries: core("learning/training") },
  residuals: {
    ...flow,
    about: "nominal observations of detection",
    entries: opened("learning/detection_nodes"),
  },
  detectors: {
    ...flow,
    about: "what tells shifts",
    entries: core("learning/detection_nodes"),
    transient: true,
  },
  tuning: { ...waves, about: "damping of least squares", entries: core("methods/baselines/cgls") },
  observe: { ...waves, about: "an observation and its summary", entries: core("problem/observation_node") },
  show: { ...waves, about: "an observation's pictures", entries: core("judge/observation_record") },
  exact: { ...waves, about: "its reference posterior", entries: core("methods/reference") },
  baseline: {
    ...waves,
    about: "a classical method's estimate of it",
    entries: [...core("methods/baseline"), "core/methods/baselines/"],
  },
  fit: {
    ...fitted,
    about: "its most probable latents, or variational inference of it alone",
    entries: [...opened("methods/baseline"), "core/methods/fits/"],
  },
  draw: {
    ...flow,
    about: "samples of a learned posterior",
    entries: opened("methods/drawn", "methods/migration", "methods/reference"),
    transient: true,
  },
  detect: { ...flow, about: "how unlike training data it is", entries: opened("learning/detection_nodes") },
  correct: { ...fitted, about: "a correction fitted to it", entries: opened("methods/corrected") },
  refine: { ...fitted, about: "its refined samples", entries: opened("methods/refined") },
  decide: { ...fitted, about: "the policy's decision on it", entries: opened("methods/policy") },
  evaluate: {
    plugins: ["problem", "metric"],
    engine: "waves",
    about: "metrics and pictures of a method",
    entries: core("judge/evaluated"),
  },
  calibrate: {
    ...fitted,
    about: "calibration of learned posteriors",
    entries: opened("judge/calibration"),
  },
} as const satisfies Record<string, StageKind>;

export type StageName = keyof typeof STAGES;
