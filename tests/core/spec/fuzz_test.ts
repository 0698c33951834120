import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { fold, rootKey } from "../../../core/base/random.ts";
import { preflight, SpecError, specLoader } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";
import { task } from "../cli/task.ts";
import { baseFrom, mutated } from "./mutations.ts";
import { parse } from "@std/yaml";

const FAMILIES = new URL("../../specs/broken/families/", import.meta.url);
const baseOf = (name: string) =>
  (parse(Deno.readTextFileSync(new URL(`${name}.yaml`, FAMILIES))) as { base: string }).base;
/** A spec of seismic waves and one of a vector, which together have every section. */
const BASES = [
  baseOf("units") + "sweep: { training.epochs: [1, 2], noise.level.snr: [0 dB, 10 dB] }\n",
  baseOf("learning"),
].map(baseFrom);
const load = specLoader(registry);

/** All that is said against a text; none for a valid spec. */
async function issuesOf(text: string) {
  try {
    return await preflight(await load("spec.yaml", { text }), registry);
  } catch (error) {
    if (error instanceof SpecError) return error.issues;
    throw new Error(`It crashed:\n${text}`, { cause: error });
  }
}

const MUTATIONS = 10_000, OF_THE_PROCESS = 20;

/** What loading may do at most: read. */
const READ_ALONE: Deno.PermissionOptions = {
  read: true,
  env: ["LOG_TOKENS", "LOG_STREAM"],
  write: false,
  net: false,
  run: false,
  ffi: false,
  sys: false,
};

Deno.test(`${MUTATIONS} mutations of a spec are valid or refused at a place of their text`, {
  permissions: READ_ALONE,
}, async () => {
  const prototypes = JSON.stringify(
    [Object.prototype, Array.prototype, String.prototype].map(Object.getOwnPropertyNames),
  );
  let refused = 0, slowest = { ms: 0, i: -1 };
  for (let i = 0; i < MUTATIONS; i++) {
    const text = mutated(BASES, fold(rootKey(1), i)), from = performance.now();
    const issues = await issuesOf(text), ms = performance.now() - from, lines = text.split("\n");
    if (ms > slowest.ms) slowest = { ms, i };
    for (const { file, line, column, message } of issues) {
      const where = `mutation ${i}, ${file}:${line}:${column}: ${message}\n${text}`;
      assertEquals(file, "spec.yaml", where);
      assert(line >= 1 && line <= lines.length && column >= 1 && column <= lines[line - 1].length + 1, where);
      assertMatch(message, /^\S.*$/s, where);
    }
    refused += Math.min(1, issues.length);
  }
  console.log(`  ${refused} refused; the slowest, number ${slowest.i}, took ${slowest.ms.toFixed(0)} ms`);
  assertGreater(refused, MUTATIONS / 2);
  assertGreater(MUTATIONS - refused, MUTATIONS / 100); // some are still specs
  const now = JSON.stringify(
    [Object.prototype, Array.prototype, String.prototype].map(Object.getOwnPropertyNames),
  );
  assertEquals(now, prototypes);
});

Deno.test(`${OF_THE_PROCESS} of them end the real check with exit code 2, no stack trace and nothing written`, async () => {
  let run = 0;
  for (let i = 0; run < OF_THE_PROCESS; i++) {
    const text = mutated(BASES, fold(rootKey(2), i));
    if ((await issuesOf(text)).length === 0) continue;
    const { code, err, left } = await task("check", ["spec.yaml"], { spec: text });
    assertEquals([code, left], [2, ["in", "spec.yaml"]], text);
    for (const line of err.split("\n")) assertMatch(line, /^spec\.yaml:\d+:\d+: \S/);
    run++;
  }
});
