import { loadSpec, preflight, SpecError } from "../../../core/spec/mod.ts";
import { registry } from "../../../mod.ts";

/** One way to break a spec: its text is edited, lengthened or replaced, or --set over it. */
export interface BrokenCase {
  readonly base: string;
  readonly replace?: Readonly<Record<string, string>>;
  readonly append?: string;
  readonly text?: string;
  readonly set?: readonly string[];
}

const BASELINES = registry.of("method").filter(({ asked }) => asked === "baselines").map(({ kind }) => kind);

/** An expected message. `{baselines}` stands for their kinds, so that a new one changes no message here. */
export function expectedMessage(text: string): string {
  return text.replaceAll("{baselines}", BASELINES.join(", "));
}

/** All that is said against a broken spec, line by line. */
export async function runCase(broken: BrokenCase): Promise<string[]> {
  return (await complaint(broken)).replaceAll(`${Deno.cwd()}/`, "").split("\n");
}

async function complaint({ base, replace = {}, append = "", text, set }: BrokenCase): Promise<string> {
  let edited = base;
  for (const [old, now] of Object.entries(replace)) {
    if (!edited.includes(old)) throw new Error(`The base has no ${old}`);
    edited = edited.replace(old, () => now);
  }
  const path = "spec.yaml";
  try {
    const loaded = await loadSpec(path, { registry, text: text ?? edited + append, overrides: set });
    const issues = await preflight(loaded, registry);
    return issues.length > 0 ? new SpecError(issues).message : "it was accepted";
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.message;
  }
}
