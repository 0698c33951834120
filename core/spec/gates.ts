import type { Plugin } from "../contracts/plugin.ts";
import { FEWEST_TOGETHER } from "../inference/detect.ts";
import { type Fault, show } from "./issues.ts";
import { isMapping } from "./path.ts";
import { didYouMean } from "../base/suggest.ts";
import type { Registry } from "../registry/registry.ts";

/** `[scenario/]method.metric[_gain]`. */
export const GATE_NAME = /^(?:([a-z0-9-]+)\/)?([a-z]+)\.([A-Za-z0-9]+?)(_gain)?$/;
/** A comparison with a plain number or a level in dB. */
export const GATE_LIMIT = /^(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(dB)?$/;

/** The scenarios, methods and metrics of a run that gates can name. */
interface Judged {
  readonly slugs: readonly string[];
  readonly metrics: {
    /** Those that the spec lists, and those that are measured beside every reference. */
    readonly listed: readonly Plugin<"metric">[];
    readonly beside: readonly Plugin<"metric">[];
  };
  /** The methods that can be judged. */
  readonly methods: readonly string[];
  /** The section that a spec lacks, by the method or test that it would give. */
  readonly lacking: Readonly<Record<string, string>>;
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

/**
 * The methods that gates can name, and the sections that the others need. The reference is not a result of the run.
 */
export function methodsOf(
  registry: Registry,
  spec: { readonly refinement?: unknown; readonly policy?: unknown; readonly calibration?: unknown },
): Pick<Judged, "methods" | "lacking"> {
  const sections = ["refinement", "policy"] as const, plugins = registry.of("method");
  const askedBy = (where?: string) => plugins.filter(({ asked }) => asked === where);
  const kinds = (where?: string) => askedBy(where).map(({ kind }) => kind);
  const lacking = sections.filter((section) => !spec[section]).flatMap((section) =>
    kinds(section).map((kind) => [kind, section])
  );
  return {
    methods: [
      ...kinds().filter((kind) => kind !== "reference"),
      ...kinds("baselines"),
      ...sections.filter((section) => spec[section]).flatMap(kinds),
    ],
    lacking: {
      ...Object.fromEntries(lacking),
      ...spec.calibration === undefined && { calibration: "evaluation.calibration" },
    },
  };
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
  const { slugs, metrics, tests, methods, lacking } = judged;
  if (slug !== undefined && !slugs.includes(slug)) {
    return `there is no scenario ${slug}: the scenarios are ${slugs.join(", ")}${didYouMean(slug, slugs)}`;
  }
  if (method in tests) {
    if (tests[method].includes(metric) && !gain) return;
    return `has no p-value: ${tests[method].map((name) => `${method}.${name}`).join(", ")} have`;
  }
  if (Object.hasOwn(lacking, method)) return `is not judged: add ${lacking[method]}`;
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
