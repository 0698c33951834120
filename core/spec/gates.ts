import { type Fault, show } from "./issues.ts";
import { BASELINES } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

/** `[scenario/]method.metric[_gain]`. */
export const GATE_NAME = /^(?:([a-z0-9-]+)\/)?([a-z]+)\.([A-Za-z0-9]+?)(_gain)?$/;
/** A comparison with a plain number or a level in dB. */
export const GATE_LIMIT = /^(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(dB)?$/;

const METHODS = ["migration", "amortized", "corrected", ...BASELINES];

/** Gates that cannot be judged: unreadable, or of a scenario, method or metric that the run will not have. */
export function gateFaults(
  gates: Readonly<Record<string, unknown>>,
  { slugs, metrics }: { slugs: readonly string[]; metrics: readonly string[] },
): Fault[] {
  return Object.entries(gates).flatMap(([name, limit]) => {
    const path = ["gates", name], match = GATE_NAME.exec(name);
    const message = match
      ? unknownPart(match, { slugs, metrics })
      : "must be like corrected.snr or corrected.snr_gain";
    const faults: Fault[] = message ? [{ path, message, onKey: true }] : [];
    if (typeof limit === "string" && !GATE_LIMIT.test(limit)) {
      faults.push({
        path,
        message: `is ${show(limit)}: it must be a comparison such as ">= 1 dB" or "< 0.2"`,
      });
    }
    return faults;
  });
}

function unknownPart(
  [, slug, method, metric]: RegExpExecArray,
  { slugs, metrics }: { slugs: readonly string[]; metrics: readonly string[] },
): string | undefined {
  if (slug !== undefined && !slugs.includes(slug)) {
    return `there is no scenario ${slug}: the scenarios are ${slugs.join(", ")}${didYouMean(slug, slugs)}`;
  }
  if (!METHODS.includes(method)) {
    return `there is no method ${method}: the methods are ${METHODS.join(", ")}${
      didYouMean(method, METHODS)
    }`;
  }
  const keys = metrics.map((name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()));
  if (!keys.some((key) => metric.startsWith(key))) {
    return `evaluation.metrics does not measure ${metric}: it gives ${keys.join(", ")}${
      didYouMean(metric, keys)
    }`;
  }
}
