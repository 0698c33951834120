import { fileURLToPath } from "node:url";
import type { Survey } from "../../core/contracts/operator.ts";
import { sizeOf } from "../../core/base/shape.ts";
import { normals, rootKey } from "../../core/base/random.ts";
import { machineResources } from "../../core/cli/resources.ts";
import { loadSpec } from "../../core/spec/mod.ts";
import { registry } from "../../mod.ts";
import type { Measurement } from "./main.ts";

const SPEC = fileURLToPath(new URL("../../experiments/paper-lsrtm.yaml", import.meta.url));

/** One J and one RTM of the published survey, 102 shots of 256 x 256 cells, 1451 steps; and the memory it takes. */
export async function* bench(): AsyncIterable<Measurement> {
  const { spec: { operator: { kind, ...options } } } = await loadSpec(SPEC, { registry });
  const survey = await registry.get("operator", kind).build(options, {
    resources: machineResources(),
  }) as Survey;
  const x = normals(rootKey(1), sizeOf(survey.domain));
  const timed = async <T>(work: () => Promise<T>) => {
    const start = performance.now(), result = await work();
    return { result, seconds: (performance.now() - start) / 1e3 };
  };
  const first = await timed(() => survey.stacked.forward(x));
  yield { name: "backgrounds and first J of 102 shots", value: first.seconds, unit: "s" };
  const J = await timed(() => survey.stacked.forward(x));
  yield { name: "J of 102 shots", value: J.seconds, unit: "s" };
  const rtm = await timed(() => survey.stacked.adjoint(J.result));
  yield { name: "RTM of 102 shots", value: rtm.seconds, unit: "s" };
  yield { name: "resident memory", value: Deno.memoryUsage().rss / 1e9, unit: "GB" };
  await survey.close();
}
