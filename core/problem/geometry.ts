import type { Survey } from "../contracts/operator.ts";
import type { Declaration } from "../contracts/spec.ts";
import type { RunContext } from "../store/context.ts";
import type { Node } from "../store/graph.ts";
import type { ArrayRecorder } from "../store/recorder.ts";

/** The survey of an operator as the report shows it. It is stored, so that the operator need not be built again. */
export type Geometry = Pick<Survey, "domain" | "sources" | "spacing" | "unit" | "acquisition">;

export function geometryOf(operator: Declaration, { graph, surveys }: RunContext): Node<Geometry> {
  return graph.node("geometry", { reads: { operator } }, async () => {
    const { domain, sources, spacing, unit, acquisition } = await surveys.get(operator);
    return { domain, sources, spacing, unit, acquisition };
  });
}

/** Sources, receivers and background of a scenario's survey, for the report. */
export async function recordAcquisition(
  recorder: ArrayRecorder,
  slug: string,
  { acquisition, domain }: Geometry,
): Promise<void> {
  if (!acquisition) return;
  const { sources, receivers, velocity } = acquisition;
  await recorder.array(`${slug}/sources`, Float64Array.from(sources.flat()), [sources.length, 2]);
  const shape = [receivers.length, receivers[0].length, 2];
  await recorder.array(`${slug}/receivers`, Float64Array.from(receivers.flat(2)), shape);
  await recorder.array(`${slug}/velocity`, velocity, domain.shape);
}
