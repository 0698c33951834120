import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";

const SPECS = fileURLToPath(new URL("../../../experiments/", import.meta.url));

/** What is said of a spec with overrides: "path: message", or nothing. */
async function faultsOf(name: string, overrides: readonly string[]): Promise<string[]> {
  try {
    await loadSpec(`${SPECS}${name}.yaml`, { registry, overrides });
    return [];
  } catch (error) {
    assert(error instanceof SpecError);
    return error.issues.map(({ path, message }) => `${path}: ${message}`);
  }
}

for (
  const [fault, name, overrides, said] of [
    [
      "a simulator with added noise",
      "sbibm-slcp",
      ["noise.kind=gaussian", "noise.level.sigma=1"],
      "noise: is gaussian: slcp is a simulator, whose data are random by themselves; write { kind: intrinsic }",
    ],
    [
      "a linear operator without noise",
      "sbibm-gaussian-linear",
      ["noise={kind: intrinsic}"],
      "noise: is intrinsic: the data of identity need noise that is added, band-limited or gaussian",
    ],
    [
      "a linear baseline of a simulator",
      "sbibm-two-moons",
      ["evaluation.baselines=[cgls]"],
      "evaluation.baselines: has cgls, which needs a linear operator: two-moons is a simulator; write baselines: []",
    ],
    [
      "a Gaussian posterior of a toy as baseline",
      "toy-gaussian",
      ["evaluation.baselines=[cgls, gaussian]"],
      "evaluation.baselines.1: is gaussian, which needs an operator that can be assembled: matrix of nominal cannot",
    ],
    [
      "a Gaussian posterior of a toy as summary",
      "toy-gaussian",
      ["summary={kind: gaussian-moments}"],
      "summary.kind: is gaussian-moments, which needs an operator that can be assembled: matrix of nominal cannot",
    ],
    [
      "a residual of a simulator",
      "sbibm-two-moons",
      ["evaluation.metrics=[snr, data-residual]"],
      "evaluation.metrics: has data-residual, which needs a linear operator: two-moons is a simulator; write " +
      "metrics: [snr]",
    ],
    [
      "a summary by an adjoint of a simulator",
      "sbibm-two-moons",
      ["summary={kind: migration}"],
      "summary: is migration, which needs a linear operator: two-moons is a simulator; write { kind: identity }",
    ],
    [
      "a refinement towards a prior without a density",
      "prior-shift",
      ["refinement={kind: importance}"],
      "refinement: needs the density of the prior: layered-geology of nominal has none; leave refinement out",
    ],
    [
      "populations too small for their modes",
      "sbibm-two-moons",
      ["evaluation.samples=256"],
      "evaluation.samples: is 256: refinement has 8 populations of 64 samples or more; write 512 or more",
    ],
  ] as const
) {
  Deno.test(`${fault} is refused with a sentence`, async () => {
    assertEquals(await faultsOf(name, overrides), [said]);
  });
}
