import type { PairCounts, SpecContext } from "../contracts/plugin.ts";
import { knowsDensity } from "../registry/plugin.ts";
import type { LearningSpec, Spec } from "../contracts/spec.ts";
import type { Space } from "../contracts/vector.ts";
import { LEAST_SUMMARIES } from "../inference/detect.ts";
import { LEAST_TRAINED } from "../inference/train.ts";
import type { Registry } from "../registry/registry.ts";
import type { Fault } from "./issues.ts";
import { learns } from "./learning.ts";
import { baselinesNeeding } from "./methods.ts";

/**
 * Issues of parts of a spec that are each valid but do not fit together: numbers of pairs, shapes of unknowns and
 * summaries. `meetings` has one entry per scenario, in their order.
 */
export function fitFaults(
  spec: Spec,
  { meetings, registry }: { meetings: readonly SpecContext[]; registry: Registry },
): Fault[] {
  return [
    ...learns(spec) ? [...pairFaults(spec, meetings[0].pairs!), ...shapeFaults(spec, meetings)] : [],
    ...imageFaults(spec, { meetings, registry }),
    ...densityFaults(spec, { meetings, registry }),
  ];
}

/** Too few pairs for the detectors, for the training, or for one step. Only the first of these issues is returned. */
function pairFaults({ training }: LearningSpec, { all, trained, held, batch }: PairCounts): Fault[] {
  const fault = (key: keyof typeof training, message: string) => [{ path: ["training", key], message }];
  if (all < LEAST_SUMMARIES) {
    const split = `is ${all}, ${trained} to train and ${held} to validate`;
    return fault("pairs", `${split}: the detectors of shifts need ${LEAST_SUMMARIES} or more in all`);
  }
  if (trained < LEAST_TRAINED) {
    const split =
      `is ${training.validation}, which leaves ${trained} of ${all} pairs to train and ${held} to validate`;
    const most = Math.floor(100 * (all - LEAST_TRAINED) / all) / 100;
    return fault("validation", `${split}: training needs ${LEAST_TRAINED} or more; write ${most} or less`);
  }
  if (batch <= trained) return [];
  const split = `is ${batch}, and ${trained} of ${all} pairs are left to train, ${held} to validate`;
  return fault("batch", `${split}: write ${trained} or less, or more pairs`);
}

/** Issues of unknowns and summaries whose shape or kind is not the one that the flow is trained on. */
function shapeFaults(
  { training, summary, scenarios }: LearningSpec,
  meetings: readonly SpecContext[],
): Fault[] {
  const [{ operator, summary: seen }] = meetings;
  if (!operator || !seen) return [];
  const { domain } = operator, image = domain.kind === "image", faults: Fault[] = [];
  const lateral = training.flips.indexOf("lateral");
  if (lateral >= 0 && !image) {
    faults.push({
      path: ["training", "flips", lateral],
      message: `is lateral, which mirrors images: the unknown is a vector of ${domain.shape}`,
    });
  }
  if (image && seen.kind !== "image" && seen.kind !== "moments") {
    const given = `is ${summary.kind}, which gives ${seen.shape} numbers`;
    const needed = "needs a summary that is an image too, such as { kind: migration }";
    const message = `${given}: the flow of an image of ${sides(domain)} ${needed}`;
    faults.push({ path: ["summary", "kind"], message });
  }
  meetings.slice(1).forEach(({ operator: shifted, summary: summarised }, i) => {
    const fault = (message: string) => faults.push({ path: ["shifts", i, "operator"], message });
    const { name } = scenarios[i + 1];
    if (shifted && !sameShape(shifted.domain, domain)) {
      fault(
        `gives "${name}" an unknown of ${sides(shifted.domain)}: the flow is trained on ${sides(domain)}`,
      );
    } else if (summarised && !sameShape(summarised, seen)) {
      fault(
        `gives "${name}" a summary of ${sides(summarised)} numbers: the flow is trained on ${sides(seen)}`,
      );
    }
  });
  return faults;
}

function sameShape(a: Space, b: Space): boolean {
  return sides(a) === sides(b);
}

function sides({ shape }: Space): string {
  return shape.join(" x ");
}

/** Baselines that need an image, where the unknown of a scenario is a vector. */
function imageFaults(
  spec: Spec,
  { meetings, registry }: { meetings: readonly SpecContext[]; registry: Registry },
): Fault[] {
  const at = meetings.findIndex(({ operator }) => operator?.domain.kind === "vector");
  if (at < 0) return [];
  const unknown = `the unknown of ${spec.scenarios[at].name} is a vector of ${
    sides(meetings[at].operator!.domain)
  }`;
  return baselinesNeeding("image", { spec, registry }).map(({ kind, path }) => ({
    path,
    message: `is ${kind}, which needs an image: ${unknown}`,
  }));
}

/** Baselines that need the density of a prior of vectors. The prior of images is learned from the training images. */
function densityFaults(
  spec: Spec,
  { meetings, registry }: { meetings: readonly SpecContext[]; registry: Registry },
): Fault[] {
  const silent = spec.scenarios.find(({ prior }, i) =>
    meetings[i].operator?.domain.kind === "vector" && !knowsDensity(registry.get("prior", prior.kind), prior)
  );
  if (!silent) return [];
  const why = `needs the density of the prior: ${silent.prior.kind} of ${silent.name} has none`;
  return baselinesNeeding("density", { spec, registry }).map(({ kind, path }) => ({
    path,
    message: `is ${kind}, which for a vector ${why}`,
  }));
}
