/**
 * All kinds of stages: what each computes, what it depends on, and which modules compute it. This is the only list of
 * them.
 */

/**
 * Groups of plugins: the parts of a problem, the flows and the corrections. The composition root says where their
 * modules are.
 */
export type PluginGroup = "problem" | "flow" | "correction";

export interface StageKind {
  readonly about: string;
  /** Plugins that take part. */
  readonly plugins: readonly PluginGroup[];
  /**
   * Modules that compute it, beside the plugins; what they import counts too, unless it is of a room that puts stages
   * together: its files count where they are named.
   */
  readonly sources: readonly string[];
  /**
   * The engine that the numbers depend on: that of the tensors, or only that of the waves. Absent if they depend on
   * neither.
   */
  readonly engine?: "tensors" | "waves";
  /** Whether each run computes the result again. This holds for results that are cheap, large or not plain values. */
  readonly transient?: true;
}

const core = (...names: string[]) => names.map((name) => `core/${name}.ts`);

/** Modules that build a problem and simulate its data, and modules that a Gaussian posterior uses in addition. */
const problem = core(
  "inference/simulate",
  "inference/standardize",
  "plan/effort",
  "problem/gaussian_service",
  "problem/problems",
  "registry/build",
);
const gaussian = core(
  "inference/covariance",
  "inference/gaussian",
  "inference/hierarchy",
  "inference/information",
  "inference/train",
);

/** Stages of the waves, of an observation, of the trained flow, and of a flow that is fitted to an observation. */
const waves = { plugins: ["problem"], engine: "waves" } as const;
const flow = { plugins: ["flow"], engine: "tensors" } as const;
const fitted = { plugins: ["problem", "flow", "correction"], engine: "tensors" } as const;
const seen = core("run/observation_nodes"), methods = core("methods/learned", "methods/corrected");

export const STAGES = {
  geometry: {
    about: "grid and acquisition of an operator",
    plugins: ["problem"],
    sources: core("problem/geometry"),
  },
  array: { ...waves, about: "an assembled operator's matrices", sources: [] },
  reference: { ...waves, about: "RMS of clean training data", sources: problem },
  simulate: {
    ...waves,
    about: "a shard of the training pairs",
    sources: [...problem, ...gaussian, ...core("learning/simulation")],
  },
  pairs: { about: "all training pairs", plugins: [], sources: core("learning/simulation"), transient: true },
  train: {
    ...flow,
    about: "the trained flow",
    sources: core(
      "inference/batches",
      "inference/gradient",
      "inference/standardize",
      "inference/train",
      "learning/checkpoints",
      "learning/flow_file",
      "store/safetensors",
      "learning/training",
    ),
  },
  residuals: {
    ...flow,
    about: "nominal observations of detection",
    sources: core("learning/detection", "learning/learned"),
  },
  detectors: {
    ...flow,
    about: "what tells shifts",
    sources: core("learning/detection", "learning/learned"),
    transient: true,
  },
  tuning: {
    ...waves,
    about: "damping of least squares",
    sources: core("methods/least_squares", "plan/effort"),
  },
  observe: {
    ...waves,
    about: "an observation and its summary",
    sources: [...problem, ...gaussian, ...seen, ...core("problem/observations", "spec/observation_files")],
  },
  show: {
    ...waves,
    about: "an observation's pictures",
    sources: [...seen, ...core("run/observation_record")],
  },
  exact: { ...waves, about: "its reference posterior", sources: [...seen, ...core("methods/reference")] },
  baseline: {
    ...waves,
    about: "a classical method's estimate of it",
    sources: [
      ...seen,
      ...gaussian,
      ...core(
        "methods/baselines",
        "methods/least_squares",
        "methods/linear_gaussian",
        "plan/effort",
        "problem/gaussian_service",
      ),
    ],
  },
  fit: {
    ...fitted,
    about: "its most probable latents, or variational inference of it alone",
    sources: [
      ...core("inference/latent_mode", "inference/variational"),
      ...seen,
      ...gaussian,
      ...core(
        "methods/fitted_options",
        "methods/latent_map",
        "methods/variational",
        "plan/effort",
        "problem/gaussian_service",
      ),
    ],
  },
  draw: {
    ...flow,
    about: "samples of a learned posterior",
    sources: [...core("inference/draw"), ...seen, ...methods, ...core("learning/learned")],
    transient: true,
  },
  detect: {
    ...flow,
    about: "how unlike training data it is",
    sources: [...seen, ...core("learning/detection")],
  },
  correct: {
    ...fitted,
    about: "a correction fitted to it",
    sources: [...core("inference/correct", "inference/draw"), ...methods],
  },
  refine: { ...fitted, about: "its refined samples", sources: [...methods, ...core("methods/refined")] },
  decide: {
    ...fitted,
    about: "the policy's decision on it",
    sources: [...methods, ...core("methods/policy", "learning/detection")],
  },
  evaluate: {
    ...waves,
    about: "metrics and pictures of a method",
    sources: [...seen, ...core("judge/judge", "run/observation_record", "plan/effort", "judge/tradeoff")],
  },
  calibrate: {
    ...fitted,
    about: "calibration of learned posteriors",
    sources: [
      ...core("inference/linear_estimator", "inference/draw"),
      ...methods,
      ...core("judge/calibration", "run/scenario_stage"),
    ],
  },
} as const satisfies Record<string, StageKind>;

export type StageName = keyof typeof STAGES;
