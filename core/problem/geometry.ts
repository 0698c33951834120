import type { Survey } from "../contracts/operator.ts";
import type { Declaration } from "../contracts/spec.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";

/** What a report tells of an operator's survey, known without building it again. */
export type Geometry = Pick<Survey, "domain" | "sources" | "spacing" | "unit" | "acquisition">;

export function geometryOf(operator: Declaration, { graph, surveys }: RunContext): Node<Geometry> {
  return graph.node("geometry", { reads: { operator } }, async () => {
    const { domain, sources, spacing, unit, acquisition } = await surveys.get(operator);
    return { domain, sources, spacing, unit, acquisition };
  });
}
