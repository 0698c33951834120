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

/** What builds a problem and simulates its data. */
const PROBLEM = {
  plugins: ["problem"],
  sources: [
    ...inference("simulate", "standardize"),
    ...run("effort", "gaussian", "problems", "resolve"),
    "core/random.ts",
  ],
  engine: "waves",
} as const;

const gaussian = inference("covariance", "gaussian", "hierarchy", "information", "train");
const draws = { plugins: ["flow"], engine: "tensors" } as const;

export const STAGES = {
  geometry: { ...PROBLEM, about: "grid and acquisition of an operator", engine: undefined },
  array: { ...PROBLEM, about: "an assembled operator's matrices" },
  reference: { ...PROBLEM, about: "RMS of clean training data" },
  simulate: {
    ...PROBLEM,
    about: "a shard of the training pairs",
    sources: [...PROBLEM.sources, ...gaussian, ...run("simulate_stage")],
  },
  pairs: { about: "all training pairs", plugins: [], sources: [], transient: true },
  train: {
    ...draws,
    about: "the trained flow",
    sources: [
      ...inference("batches", "gradient", "standardize", "train"),
      ...run("checkpoints", "flow_file", "safetensors", "training_stage"),
    ],
  },
  detectors: {
    ...draws,
    about: "what tells shifted observations",
    sources: run("detection"),
    transient: true,
  },
  tuning: { ...PROBLEM, about: "damping of least squares", sources: run("baselines", "effort") },
  observe: {
    ...PROBLEM,
    about: "an observation and its summary",
    sources: [...PROBLEM.sources, ...gaussian, ...run("observations")],
  },
  show: { ...PROBLEM, about: "an observation in the report", sources: run("observation_record") },
  exact: { ...PROBLEM, about: "an observation's reference posterior", sources: run("reference") },
  baseline: {
    ...PROBLEM,
    about: "a classical method's estimate",
    sources: [...run("baselines", "effort", "gaussian"), ...gaussian],
  },
  draw: { ...draws, about: "samples of a learned posterior", sources: inference("draw"), transient: true },
  detect: { ...draws, about: "how unusual an observation is", sources: run("detection") },
  correct: {
    about: "a correction fitted to an observation",
    plugins: ["problem", "flow", "correction"],
    sources: [...inference("correct", "draw"), ...run("correction_stage")],
    engine: "tensors",
  },
  refine: {
    about: "refined samples",
    plugins: ["problem", "flow", "correction"],
    sources: run("refinement_stage"),
    engine: "tensors",
  },
  decide: {
    about: "the policy's decision",
    plugins: ["problem", "flow", "correction"],
    sources: run("policy", "detection"),
    engine: "tensors",
  },
  evaluate: {
    ...PROBLEM,
    about: "metrics and pictures of a method",
    sources: [...run("judge", "observation_record", "effort")],
  },
  calibrate: {
    about: "calibration of learned posteriors",
    plugins: ["problem", "flow", "correction"],
    sources: [...run("calibration_stage", "learned_methods"), ...inference("linear_estimator", "draw")],
    engine: "tensors",
  },
} as const satisfies Record<string, StageKind>;

export type StageName = keyof typeof STAGES;
