import { assertEquals } from "@std/assert";
import { submitShards } from "../../../core/launch/shards.ts";
import { loadSpec } from "../../../core/spec/mod.ts";
import { PLAIN, registry } from "../spec/toys.ts";

Deno.test("of many submissions into one folder one is made, and the others are refused before they submit", async () => {
  const folder = await Deno.makeTempDir(), out = `${folder}/deep/run`, scripts: string[] = [];
  const client = {
    submit: (script: string) => Promise.resolve(`${scripts.push(script)}`),
    states: () => Promise.resolve(new Map<string, string>()),
    cancel: () => Promise.resolve(),
  };
  const settings = { kind: "slurm", time: 1, memory: 1e9, cores: 1, concurrency: 1, setup: [] } as const;
  try {
    const loaded = await loadSpec("spec.yaml", { registry, text: PLAIN });
    const submit = () => submitShards(loaded, { shards: 2, settings, engine: "wasm", out, client });
    const all = await Promise.allSettled(Array.from({ length: 8 }, submit));
    const refused = all.flatMap((one) => one.status === "rejected" ? [one.reason.message] : []);
    const why = `${out}.job is of an earlier submission: choose another folder with --out.`;
    assertEquals([refused.length, new Set(refused)], [7, new Set([why])]);
    assertEquals(scripts, [`${out}.job/simulate.sh`, `${out}.job/run.sh`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
