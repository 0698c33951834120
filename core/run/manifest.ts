import type { Spec } from "../contracts/spec.ts";
import type { StageSummary } from "../contracts/summary.ts";

/**
 * Where a run came from: enough to repeat it. A run that is `running` and whose process is no more was killed. Returns a writer
 * of `manifest.json` for a status and the timings.
 */
export function manifestOf(
  spec: Spec,
  { engine, inputs }: { engine: unknown; inputs: Readonly<Record<string, string>> },
): (
  status: "running" | "complete" | "interrupted" | "failed",
  stages?: readonly StageSummary[],
) => Promise<string> {
  const started = new Date().toISOString();
  return async (status, stages = []) => {
    const manifest = {
      status,
      pid: Deno.pid,
      host: Deno.hostname(),
      name: spec.name,
      seed: spec.seed,
      started,
      written: new Date().toISOString(),
      git: await gitState(),
      deno: Deno.version.deno,
      system: { os: Deno.build.os, arch: Deno.build.arch, cores: navigator.hardwareConcurrency },
      engine,
      packages: await packageVersions(),
      inputs,
      timings: stages,
    };
    return JSON.stringify(manifest, null, 2) + "\n";
  };
}

/** Commit and whether the tree differs from it; null outside a git checkout or without git. */
async function gitState(): Promise<{ commit: string; dirty: boolean } | null> {
  const git = async (...args: string[]) => {
    const { success, stdout } = await new Deno.Command("git", { args, stderr: "null" }).output();
    if (!success) throw new Error("git failed");
    return new TextDecoder().decode(stdout).trim();
  };
  try {
    return { commit: await git("rev-parse", "HEAD"), dirty: await git("status", "--porcelain") !== "" };
  } catch {
    return null;
  }
}

/** The import map's npm packages with their pinned versions. */
async function packageVersions(): Promise<Record<string, string>> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const pins = Object.values(imports as Record<string, string>).map((to) =>
    /^npm:(@?[^@]+)@([^/]+)/.exec(to)
  );
  return Object.fromEntries(pins.flatMap((pin) => pin ? [[pin[1], pin[2]]] : []));
}
