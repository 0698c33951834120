import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { fold, permutation, rootKey } from "../../../core/base/random.ts";
import { planOf } from "../../../core/plan/plan.ts";
import { checkText } from "../../../core/cli/check_text.ts";
import { inspect, preflight, SpecError, specLoader } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";
import type { Outcome } from "./counts/main.ts";
import {
  type CountSpec,
  isSlow,
  pairs,
  singles,
  sites,
  SLOTS,
  smallOptionsNameFile,
} from "./counts/specs.ts";

/** Specs that are run to their end; DRIFTLESS_COUNTS=200 runs 200 of them, DRIFTLESS_COUNTS=all runs every one. */
const WANTED = Deno.env.get("DRIFTLESS_COUNTS") ?? "20", RUN = WANTED === "all" ? Infinity : Number(WANTED);
/** Specs with two counts among them, and processes. */
const DOUBLES = 1 / 4, PROCESSES = 2;
/** Seconds without a word after which a spec hangs. */
const HANGS = 600;

const key = rootKey(23), load = specLoader(registry), all = await sites();
const found = singles(all);
const doubled = pairs(all, { key: fold(key, "pairs"), n: Math.min(2 * RUN, found.length) });

Deno.test("every kind in the registry is met by a spec, but those that read files", () => {
  const met = new Set(
    all.flatMap(({ tree }) => SLOTS.map((slot) => `${slot} ${(tree[slot] as { kind: string }).kind}`)),
  );
  for (const slot of SLOTS) {
    for (const { kind } of registry.of(slot)) {
      if (!smallOptionsNameFile(slot, kind)) {
        assert(met.has(`${slot} ${kind}`), `no base takes ${slot} ${kind}`);
      }
    }
  }
  assertGreater(found.length, 1000);
});

const accepted: CountSpec[] = [];

Deno.test(`each of ${found.length} small counts, and ${doubled.length} pairs of them, is valid or refused at its place`, async () => {
  for (const spec of [...found, ...doubled]) {
    const issues = await issuesOf(spec);
    if (issues.length === 0) accepted.push(spec);
    for (const { file, line, message } of issues) {
      assert(file === "spec.yaml" && line >= 1 && line <= spec.text.split("\n").length, spec.about);
      assertMatch(message, /^\S.*$/s, spec.about);
      assert(!IMPOSSIBLE.test(message), `${spec.about}: ${message}`);
    }
  }
  assertGreater(accepted.length, found.length / 4);
});

Deno.test(`${WANTED} of them run to their end, without NaN in summary.json`, async () => {
  const chosen = await choose();
  const lanes = Array.from({ length: PROCESSES }, (_, p) => chosen.filter((_, i) => i % PROCESSES === p));
  const outcomes = (await Promise.all(lanes.map(ran))).flat();
  assertEquals(outcomes.length, chosen.length);
  const faults = outcomes.flatMap(({ about, text, code, err, nulls }) =>
    code === 0 && nulls.length === 0
      ? []
      : [`${about}: exit code ${code}, ${err}, no number: ${nulls}\n${text}`]
  );
  assertEquals(faults, []);
});

/** What a message of JavaScript, tfjs or zod looks like. */
const IMPOSSIBLE =
  /undefined|NaN|\[object|is not a function|must match the product|Cannot (read|infer)|Invalid input/;

/** What is said against a spec; of a valid one `check` prints its plan and findings. */
async function issuesOf({ about, text }: CountSpec) {
  try {
    const loaded = await load("spec.yaml", { text }), issues = await preflight(loaded, registry);
    if (issues.length > 0) return issues;
    const plan = planOf(loaded.spec, { registry, resources: { workers: 1, memory: 1e9 } });
    const said = checkText(loaded, plan, { findings: inspect(loaded, registry) });
    assert(!IMPOSSIBLE.test(said), `${about}: ${said}`);
    return [];
  } catch (error) {
    if (error instanceof SpecError) return error.issues;
    throw new Error(`It crashed: ${about}\n${text}`, { cause: error });
  }
}

/** Accepted specs in random order, some of them with two counts; without those that take long, unless all are wanted. */
async function choose(): Promise<CountSpec[]> {
  const order = (specs: readonly CountSpec[], name: string) =>
    Array.from(permutation(fold(key, name), specs.length), (i) => specs[i]);
  const one = order(accepted.filter((spec) => found.includes(spec)), "singles");
  const two = order(accepted.filter((spec) => doubled.includes(spec)), "doubles");
  if (RUN === Infinity) return [...one, ...two];
  const chosen: CountSpec[] = [];
  for (const [specs, n] of [[one, RUN * (1 - DOUBLES)], [two, RUN]] as const) {
    for (const spec of specs) if (chosen.length < n && !await isSlow(spec)) chosen.push(spec);
  }
  return chosen;
}

type Ran = CountSpec & Outcome;

/** Runs specs in a process of their own, one after another. */
async function ran(specs: readonly CountSpec[]): Promise<Ran[]> {
  const folder = await Deno.makeTempDir(), script = fileURLToPath(new URL("counts/main.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, script],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(JSON.stringify(specs.map((spec, i) => ({ i, spec })))));
  await input.close();
  const outcomes: Ran[] = [];
  let last = -1, stopped = false;
  const stop = () => {
    stopped = true;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(stop, 1000 * HANGS), rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    clearTimeout(timer);
    timer = setTimeout(stop, 1000 * HANGS);
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const said = JSON.parse(line);
      last = said.i;
      if (said.code !== undefined) outcomes.push({ ...specs[last], ...said });
    }
  }
  clearTimeout(timer);
  await child.status;
  await Deno.remove(folder, { recursive: true });
  assertEquals(
    outcomes.length,
    specs.length,
    `${stopped ? "It hangs" : "It crashed"}: ${specs[last]?.about}`,
  );
  return outcomes;
}
