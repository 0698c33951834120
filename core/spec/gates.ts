import type { Plugin } from "../contracts/plugin.ts";
import { FEWEST_TOGETHER } from "../inference/detect.ts";
import { type Fault, show } from "./issues.ts";
import { isMapping } from "./path.ts";
import { BASELINES } from "./schema.ts";
import { didYouMean } from "../base/suggest.ts";

/** `[scenario/]method.metric[_gain]`. */
export const GATE_NAME = /^(?:([a-z0-9-]+)\/)?([a-z]+)\.([A-Za-z0-9]+?)(_gain)?$/;
/** A comparison with a plain number or a level in dB. */
export const GATE_LIMIT = /^(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(dB)?$/;

const METHODS = ["migration", "amortized", "corrected", ...BASELINES];
/** The section that a spec needs for each kind of result that a run does not give by default. */
const NEEDED: Readonly<Record<string, string>> = {
  refined: "refinement",
  policy: "policy",
  calibration: "evaluation.calibration",
};

/** The scenarios, methods and metrics of a run that gates can name. */
export interface Judged {
  readonly slugs: readonly string[];
  readonly metrics: {
    /** Those that the spec lists, and those that are measured beside every reference. */
    readonly listed: readonly Plugin<"metric">[];
    readonly beside: readonly Plugin<"metric">[];
  };
  /** `refined` and `policy`, where the spec has them. */
  readonly methods: readonly string[];
  /** p-values by the test that gives them, such as `calibration.amortized`. */
  readonly tests: Readonly<Record<string, readonly string[]>>;
}

/**
 * Issues of gates that cannot be judged: they cannot be read, or the run will not have their scenario, method or
 * metric.
 */
export function gateFaults(gates: Readonly<Record<string, unknown>>, judged: Judged): Fault[] {
  return Object.entries(gates).flatMap(([name, limit]) => {
    const path = ["gates", name], match = GATE_NAME.exec(name);
    const message = match ? unknownPart(match, judged) : "must be like corrected.snr or corrected.snr_gain";
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

/** p-values that a run with these settings of `evaluation` will have. */
export function testsOf(
  { calibration, detection, observations }: {
    calibration?: unknown;
    detection?: unknown;
    observations?: unknown;
  },
): Judged["tests"] {
  const together = Number(observations ?? FEWEST_TOGETHER) >= FEWEST_TOGETHER;
  const corrected = isMapping(calibration) && calibration.corrected === true;
  return {
    ...(calibration === undefined ? {} : { calibration: ["amortized", ...corrected ? ["corrected"] : []] }),
    detection: [
      "summary",
      ...Number(detection) > 0 ? ["residual", "latent"] : [],
      "joint",
      ...together ? ["together"] : [],
    ],
  };
}

function unknownPart([, slug, method, metric, gain]: RegExpExecArray, judged: Judged): string | undefined {
  const { slugs, metrics, tests } = judged, methods = [...METHODS, ...judged.methods];
  if (slug !== undefined && !slugs.includes(slug)) {
    return `there is no scenario ${slug}: the scenarios are ${slugs.join(", ")}${didYouMean(slug, slugs)}`;
  }
  if (method in tests) {
    if (tests[method].includes(metric) && !gain) return;
    return `has no p-value: ${tests[method].map((name) => `${method}.${name}`).join(", ")} have`;
  }
  if (method in NEEDED && !methods.includes(method)) return `is not judged: add ${NEEDED[method]}`;
  if (!methods.includes(method)) {
    const judgedNames = [...methods, ...Object.keys(tests)];
    return `there is no method ${method}: the methods are ${judgedNames.join(", ")}${
      didYouMean(method, judgedNames)
    }`;
  }
  return unmeasured(metric, metrics);
}

/** Why no metric of the run gives this number; nothing if one does. */
function unmeasured(name: string, { listed, beside }: Judged["metrics"]): string | undefined {
  if ([...listed, ...beside].some(({ gives }) => name in gives)) return;
  const stems = listed.map(({ kind }) => kind.replace(/-(.)/g, (_, letter) => letter.toUpperCase()));
  const several = listed[stems.indexOf(name)];
  if (several) return `is several numbers: write one of ${Object.keys(several.gives).join(", ")}`;
  return `evaluation.metrics does not measure ${name}: it gives ${stems.join(", ")}${
    didYouMean(name, stems)
  }`;
}
