import { dirname, join } from "node:path";

export interface RunFiles {
  readonly manifest?: object | string;
  readonly summary?: object;
  readonly resolved?: string;
}

/** The small files of a run folder. */
export async function putRun(root: string, folder: string, files: RunFiles): Promise<void> {
  const text = (value: object | string) => typeof value === "string" ? value : JSON.stringify(value);
  await put(join(root, folder, "manifest.json"), text(files.manifest ?? { status: "complete" }));
  if (files.summary) await put(join(root, folder, "summary.json"), text(files.summary));
  if (files.resolved) await put(join(root, folder, "resolved.yaml"), files.resolved);
}

async function put(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** A summary whose corrected SNR is `snr` in the nominal scenario and half of it with more noise. */
export function summary(name: string, snr: number) {
  const scenario = (slug: string, snr: number) => ({
    name: slug.replace("-", " "),
    slug,
    observations: 2,
    baselines: { cgls: { snr: 1 } },
    corrected: { snr, rmse: null },
    errors: { corrected: { snr: 0.25 }, cgls: { snr: 0.5 } },
    cost: { solves: 28, passes: 3, seconds: 1.5 },
  });
  return {
    name,
    specHash: "abcd1234",
    engine: "wasm",
    seconds: 12.5,
    scenarios: [scenario("nominal", snr), scenario("more-noise", snr / 2)],
  };
}
