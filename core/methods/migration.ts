import type { Observation, Problem } from "../inference/simulate.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import type { Estimate } from "./method.ts";

/** The migrated image, where the summary is one. */
export function migrationNode(
  observation: Node<Observation>,
  { problem, context }: { problem: () => Promise<Problem>; context: RunContext },
): Node<Estimate | undefined> {
  return context.graph.node("draw", { reads: { of: "migration" }, upstream: [observation] }, async () => {
    if ((await problem()).summary.space.kind !== "image") return;
    return { method: "migration", mean: scaledMigration(await observation.get()) };
  });
}

/** Migration has no amplitude of its own: it is scaled to fit the truth best, so that its SNR judges shape alone. */
function scaledMigration({ summary, truth }: Observation): Float32Array {
  let along = 0, norm = 0;
  summary.forEach((v, i) => {
    along += v * truth[i];
    norm += v * v;
  });
  return summary.map((v) => norm > 0 ? v * along / norm : 0);
}
