import type { Survey } from "../contracts/operator.ts";
import type { Declaration } from "../contracts/spec.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";

/** The survey of an operator as the report shows it. It is stored, so that the operator need not be built again. */
export type Geometry = Pick<Survey, "domain" | "sources" | "spacing" | "unit" | "acquisition">;

export function geometryOf(operator: Declaration, { graph, surveys }: RunContext): Node<Geometry> {
  return graph.node("geometry", { reads: { operator } }, async () => {
    const { domain, sources, spacing, unit, acquisition } = await surveys.get(operator);
    return { domain, sources, spacing, unit, acquisition };
  });
}
