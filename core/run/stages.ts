/** Every kind of stage: what it computes, on what, and by which sources. The one place that says so. */

/** What the composition root tells of plugins: where the parts of a problem, flows and corrections are. */
export type PluginGroup = "problem" | "flow" | "correction";

export interface StageKind {
  readonly about: string;
  /** Plugins that take part. */
  readonly plugins: readonly PluginGroup[];
  /**
   * Modules that compute it, beside the plugins; what they import counts too, unless it is of `core/run`, whose files
   * count where they are named.
   */
  readonly sources: readonly string[];
  /** Whose arithmetic its numbers follow: that of the tensor engine, of the waves alone, or neither's. */
  readonly engine?: "tensors" | "waves";
  /** Whether each run that needs it makes it again: what is cheap, large or no plain value. */
  readonly transient?: true;
}

const inference = (...names: string[]) => names.map((name) => `core/inference/${name}.ts`);
const run = (...names: string[]) => names.map((name) => `core/run/${name}.ts`);

/** What builds a problem and simulates its data; and what a Gaussian posterior needs besides. */
const problem = [
  ...inference("simulate", "standardize"),
  ...run("effort", "gaussian", "problems", "resolve"),
];
const gaussian = inference("covariance", "gaussian", "hierarchy", "information", "train");

/** Stages of the waves, of an observation, of the trained flow, and of a flow that is fitted to an observation. */
const waves = { plugins: ["problem"], engine: "waves" } as const;
const flow = { plugins: ["flow"], engine: "tensors" } as const;
const fitted = { plugins: ["problem", "flow", "correction"], engine: "tensors" } as const;
const seen = run("observation_nodes"), methods = run("learned_methods", "correction_stage");

export const STAGES = {
  geometry: { about: "grid and acquisition of an operator", plugins: ["problem"], sources: run("geometry") },
  array: { ...waves, about: "an assembled operator's matrices", sources: [] },
  reference: { ...waves, about: "RMS of clean training data", sources: problem },
  simulate: {
    ...waves,
    about: "a shard of the training pairs",
    sources: [...problem, ...gaussian, ...run("simulate_stage")],
  },
  pairs: { about: "all training pairs", plugins: [], sources: run("simulate_stage"), transient: true },
  train: {
    ...flow,
    about: "the trained flow",
    sources: [
      ...inference("batches", "gradient", "standardize", "train"),
      ...run("checkpoints", "flow_file", "safetensors", "training_stage"),
    ],
  },
  residuals: { ...flow, about: "nominal observations of detection", sources: run("detection", "learned") },
  detectors: { ...flow, about: "what tells shifts", sources: run("detection", "learned"), transient: true },
  tuning: { ...waves, about: "damping of least squares", sources: run("baselines", "effort") },
  observe: {
    ...waves,
    about: "an observation and its summary",
    sources: [...problem, ...gaussian, ...seen, ...run("observations")],
  },
  show: { ...waves, about: "an observation's pictures", sources: [...seen, ...run("observation_record")] },
  exact: { ...waves, about: "its reference posterior", sources: [...seen, ...run("reference")] },
  baseline: {
    ...waves,
    about: "a classical method's estimate of it",
    sources: [...seen, ...gaussian, ...run("baselines", "effort", "gaussian")],
  },
  fit: {
    ...fitted,
    about: "its most probable latents, or variational inference of it alone",
    sources: [
      ...inference("latent_mode", "variational"),
      ...seen,
      ...gaussian,
      ...run("fitted_baselines", "effort", "gaussian"),
    ],
  },
  draw: {
    ...flow,
    about: "samples of a learned posterior",
    sources: [...inference("draw"), ...seen, ...methods, ...run("learned")],
    transient: true,
  },
  detect: { ...flow, about: "how unlike training data it is", sources: [...seen, ...run("detection")] },
  correct: {
    ...fitted,
    about: "a correction fitted to it",
    sources: [...inference("correct", "draw"), ...methods],
  },
  refine: { ...fitted, about: "its refined samples", sources: [...methods, ...run("refinement_stage")] },
  decide: {
    ...fitted,
    about: "the policy's decision on it",
    sources: [...methods, ...run("policy", "detection")],
  },
  evaluate: {
    ...waves,
    about: "metrics and pictures of a method",
    sources: [...seen, ...run("judge", "observation_record", "effort", "tradeoff")],
  },
  calibrate: {
    ...fitted,
    about: "calibration of learned posteriors",
    sources: [
      ...inference("linear_estimator", "draw"),
      ...methods,
      ...run("calibration_stage", "scenario_stage"),
    ],
  },
} as const satisfies Record<string, StageKind>;

export type StageName = keyof typeof STAGES;
