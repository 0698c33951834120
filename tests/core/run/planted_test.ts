import { assert, assertEquals, assertMatch } from "@std/assert";
import { ranIn, TINY_IMAGING } from "./program.ts";

/** A linear-Gaussian problem whose flow is fair, and whose correction can find the posterior itself. */
const TOY = `name: planted
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 12, columns: 4, seed: 2 }
noise: { kind: gaussian, level: { sigma: 0.5 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 32 }
training: { pairs: 4096, epochs: 6, batch: 64, optimizer: { kind: adam, rate: 2e-3 } }
refinement: { kind: importance, draws: 500 }
policy: { level: 0.02 }
evaluation: { observations: 3, samples: 64, metrics: [snr], baselines: [], detection: 99 }
`;
const FITTED = `shifts:
  - { name: more noise, noise: { level: { scale: 2 } } }
  - { name: shifted prior, prior: { mean: 6 } }
correction: { kind: low-rank, rank: 4, target: posterior, passes: 60, samples: 16, antithetic: true,
  gradient: path, encoding: shots, decay: 0.98, optimizer: { kind: adam, rate: 0.05 } }
`;
/** No observation alone shows this shift of the prior; where it is one of the mean, so is the whole correction. */
const MILD = `shifts: [{ name: mild shift, prior: { mean: 1.25 } }]
correction: { kind: mean, target: posterior, passes: 20, samples: 8, antithetic: true, encoding: shots,
  decay: 0.95, optimizer: { kind: adam, rate: 0.1 } }
`;
/** A correction that ends before it has found anything. */
const HASTY = `shifts: [{ name: other operator, operator: { seed: 9 } }]
correction: { kind: mean, target: posterior, passes: 1, encoding: shots }
`;
/** A correction takes more solves than there are. */
const POOR = `${TINY_IMAGING}training: { pairs: 64, epochs: 1, batch: 8, average: 0.9 }
shifts: [{ name: loud, noise: { level: { scale: 6 } } }]
correction: { kind: diagonal, passes: 2 }
policy: { solves: 4 }
evaluation: { observations: 2, samples: 16, metrics: [snr], baselines: [] }
`;

interface Decided {
  readonly action: string;
  readonly warning: boolean;
  readonly reason: string;
}

/** One folder, so one cache: the toy's flow is trained once. */
const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** The scenarios of a run's summary, by their names. */
async function scenariosOf(spec: string): Promise<Record<string, any>> {
  const { summary } = await ranIn(folder, spec);
  return Object.fromEntries(summary.scenarios.map((scenario: any) => [scenario.name, scenario]));
}

/** The decisions of each scenario of a run. */
async function decisionsOf(spec: string): Promise<Record<string, readonly Decided[]>> {
  const scenarios = Object.entries(await scenariosOf(spec));
  return Object.fromEntries(scenarios.map(([name, { decisions }]) => [name, decisions]));
}

const actions = (decisions: readonly Decided[]) => decisions.map(({ action }) => action);

Deno.test("runs trust what is nominal, correct what is declared or detected as shifted, and refine what stays wrong", async () => {
  const { nominal, "more noise": noise, "shifted prior": prior } = await decisionsOf(TOY + FITTED);
  assertEquals(actions(nominal), ["trust", "trust", "trust"]);
  assertEquals(actions(noise), ["correct", "correct", "correct"]);
  assert(prior.every(({ action }) => action !== "trust"), JSON.stringify(prior));
  const { "other operator": operator } = await decisionsOf(TOY + HASTY);
  assertEquals(actions(operator), ["refine", "refine", "refine"], JSON.stringify(operator));
});

Deno.test("a run corrects a mild shift of the prior that its observations show together, and none by itself", async () => {
  const several = TOY.replace("observations: 3", "observations: 6").replace(/refinement:.*\n/, "");
  const { nominal, "mild shift": mild } = await scenariosOf(several + MILD);
  assertEquals(actions(nominal.decisions), Array(6).fill("trust"));
  assert(mild.detection.observations.every(({ joint }: any) => joint >= 0.02), "one observation shows it");
  assertEquals(actions(mild.decisions), Array(6).fill("correct"), JSON.stringify(mild.decisions));
  for (const { reason } of mild.decisions) {
    assertMatch(reason, /^the scenario's observations together are unlike/);
  }
  assert(mild.policy.meanError < 0.5 * mild.amortized.meanError, "the policy gains nothing");
});

Deno.test("a run without the solves for a correction trusts what is shifted, with a warning", async () => {
  const { loud } = await decisionsOf(POOR);
  assertEquals(actions(loud), ["trust", "trust"]);
  assert(loud.every(({ warning, reason }) => warning && /4 are left/.test(reason)), JSON.stringify(loud));
});
