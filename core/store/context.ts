import type { Key } from "../base/random.ts";
import type { StageCache } from "./cache.ts";
import type { Graph } from "./graph.ts";
import type { Progress } from "../base/progress.ts";
import type { Recorder } from "./recorder.ts";
import type { ResolveContext, Surveys } from "../registry/build.ts";

/** What every stage of a run shares. */
export interface RunContext extends ResolveContext {
  readonly cache: StageCache;
  readonly graph: Graph;
  readonly surveys: Surveys;
  readonly recorder: Recorder;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  readonly key: Key;
  /** Opens the tensor engine, when a stage first needs it. */
  readonly openTensors: () => Promise<void>;
  /** Script of a worker that computes a flow's training gradients. */
  readonly gradientWorker: URL;
}
