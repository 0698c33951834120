import type { AxisRange, Spec, SweepSpec } from "../contracts/spec.ts";
import { SOBOL_DIMENSIONS } from "../base/sobol.ts";
import { dimensionsOf, overrideText, rangeValue, split } from "./sweep_space.ts";
import type { Fault } from "./issues.ts";
import { corrects, learns } from "./learning.ts";
import type { Path } from "./path.ts";
import { slugOf } from "./scenarios.ts";
import { didYouMean } from "../base/suggest.ts";
import { hasAxes } from "./sweep_schema.ts";

/** What is wrong with a spec under one override: with its key, or with the spec that its value makes. */
export interface Attempt {
  readonly key?: string;
  readonly value?: readonly string[];
}

/** What is wrong with a sweep; each end of a range and each value of a list is tried alone, as --set would. */
export function sweepFaults(
  { sweep, scenarios }: Pick<Spec, "sweep" | "scenarios">,
  { written, attempt }: { written: unknown; attempt: (override: string) => Attempt },
): Fault[] {
  const full = hasAxes(written), { axes } = sweep!;
  const at = (key: string): Path => full ? ["sweep", "axes", key] : ["sweep", key];
  const faults = Object.entries(axes).flatMap(([key, axis]) => {
    const list = Array.isArray(axis), range = axis as AxisRange;
    const faults = list
      ? []
      : rangeFaults(range).map((fault) => ({ ...fault, path: [...at(key), ...fault.path] }));
    if (faults.length > 0) return faults;
    const tries = list
      ? axis.map((value, i) => ({ value, place: [...at(key), i] as Path }))
      : [{ value: range.min, place: [...at(key), "min"] }, { value: range.max, place: [...at(key), "max"] }];
    const tried = triedFaults(key, { tries, place: at(key), attempt });
    return tried.length > 0 || list ? tried : drawnFaults(key, { range, place: at(key), attempt });
  });
  if (!full) return faults;
  const needs = [...methodFaults(sweep!), ...zipFaults(sweep!), ...metricFaults(sweep!, scenarios)];
  return [...faults, ...needs, ...resourceFaults(sweep!, attempt)];
}

/** A sweep in which ranges over whole-number settings draw whole numbers, with or without `integer: true`. */
export function withWholeAxes(spec: Spec, isWhole: (key: string) => boolean): Spec {
  const { sweep } = spec;
  if (!sweep) return spec;
  const axes = Object.entries(sweep.axes).map(([key, axis]) => [
    key,
    Array.isArray(axis) || !isWhole(key) ? axis : { ...axis, integer: true },
  ]);
  return { ...spec, sweep: { ...sweep, axes: Object.fromEntries(axes) } };
}

/** A sweep that names no metric ranks trials by the SNR of the mean that the spec is about. */
export function withRanking(spec: Spec): Spec {
  const { sweep, evaluation: { baselines } } = spec;
  if (!sweep || sweep.metric) return spec;
  const learned = corrects(spec) ? "corrected" : "amortized";
  const method = learns(spec) ? learned : baselines[0]?.kind ?? "migration";
  return { ...spec, sweep: { ...sweep, metric: `${method}.snr`, direction: "max" } };
}

function triedFaults(
  key: string,
  { tries, place, attempt }: {
    tries: readonly { value: unknown; place: Path }[];
    place: Path;
    attempt: (override: string) => Attempt;
  },
): Fault[] {
  const attempts = tries.map(({ value, place }) => ({ place, ...attempt(overrideText(key, value)) }));
  const strange = attempts.find((f) => f.key !== undefined)?.key;
  if (strange !== undefined) return [{ path: place, onKey: true, message: strange }];
  return attempts.flatMap(({ place, value = [] }) => value.map((message) => ({ path: place, message })));
}

/** Values between the ends of a range that are tried. */
const DRAWN = 16;

/** A range whose ends are valid and whose draws are not, such as one over a setting of a few known values. */
function drawnFaults(
  key: string,
  { range, place, attempt }: { range: AxisRange; place: Path; attempt: (override: string) => Attempt },
): Fault[] {
  for (let i = 0; i < DRAWN; i++) {
    const value = rangeValue(range, (i + 0.5) / DRAWN),
      [fault] = attempt(overrideText(key, value)).value ?? [];
    if (fault === undefined) continue;
    return [{ path: place, message: `draws values such as ${value}: ${fault}; write a list of values` }];
  }
  return [];
}

function rangeFaults({ min, max, scale, integer }: AxisRange): Fault[] {
  const low = split(min), high = split(max);
  for (const [path, { number }] of [["min", low], ["max", high]] as const) {
    if (!Number.isFinite(number)) {
      return [{ path: [path], message: "must be a number, or a number with a unit" }];
    }
    if (integer && !Number.isInteger(number)) {
      return [{ path: [path], message: `is ${number}: integer takes whole numbers` }];
    }
  }
  if (low.unit !== high.unit) {
    const wanted = low.unit === undefined ? "no unit" : `the unit of min, ${low.unit}`;
    return [{ path: ["max"], message: `is ${max}: it must have ${wanted}` }];
  }
  if (low.number >= high.number) {
    return [{ path: ["max"], message: `is ${max}: it must be above min, ${min}` }];
  }
  return scale === "log" && low.number <= 0
    ? [{ path: ["min"], message: `is ${min}: it must be above 0 on a log scale` }]
    : [];
}

const one = (key: string, message: string): Fault[] => [{ path: ["sweep", key], message }];

function methodFaults(sweep: SweepSpec): Fault[] {
  const { method, axes, trials, seeds } = sweep, names = Object.keys(axes), faults: Fault[] = [];
  if (names.length === 0) faults.push(...one("axes", "is empty: name at least one key path with its values"));
  if (method === "grid") {
    if (trials !== undefined) faults.push(...one("trials", "is not for grid, which runs every combination"));
    for (const key of names.filter((key) => !Array.isArray(axes[key]))) {
      faults.push({
        path: ["sweep", "axes", key],
        message: "is a range: grid takes lists; random, sobol, tpe and asha take ranges",
      });
    }
  } else if (trials === undefined) {
    faults.push(...one("trials", `is missing: ${method} needs the number of its trials`));
  }
  if (seeds > 1 && (method === "tpe" || method === "asha")) {
    faults.push(...one("seeds", `is ${seeds}: ${method} takes 1; repeat its best trials by a grid`));
  }
  const dimensions = dimensionsOf({ axes, zip: [] }).length;
  if (method === "sobol" && dimensions > SOBOL_DIMENSIONS) {
    faults.push(...one("axes", `has ${dimensions} axes: sobol takes at most ${SOBOL_DIMENSIONS}`));
  }
  return faults;
}

function zipFaults({ zip, axes }: SweepSpec): Fault[] {
  const seen = new Set<string>(), names = Object.keys(axes);
  return zip.flatMap((group, g) =>
    group.flatMap((key, i): Fault[] => {
      const path = ["sweep", "zip", g, i], axis = axes[key], first = axes[group[0]];
      const message = !Object.hasOwn(axes, key)
        ? `is ${key}, which is no axis: the axes are ${names.join(", ")}${didYouMean(key, names)}`
        : seen.has(key)
        ? `is ${key}, which is zipped already`
        : !Array.isArray(axis)
        ? `is ${key}, a range: only lists can be zipped`
        : Array.isArray(first) && axis.length !== first.length
        ? `is ${key} with ${axis.length} values: ${
          group[0]
        } has ${first.length}, and zipped lists are equally long`
        : undefined;
      seen.add(key);
      return message ? [{ path, message }] : [];
    })
  );
}

function metricFaults(
  { method, metric, direction }: Partial<SweepSpec>,
  scenarios: Spec["scenarios"],
): Fault[] {
  const guided = method === "tpe" || method === "asha";
  if (guided && metric === undefined) {
    return one("metric", `is missing: ${method} needs what to rank trials by, like corrected.crps`);
  }
  if (metric !== undefined && direction === undefined) {
    return one("direction", "is missing: it must be min or max, with a metric");
  }
  if (metric === undefined && direction !== undefined) {
    return one("metric", "is missing: direction goes with a metric");
  }
  const [slug, method_] = metric?.split("/") ?? [], slugs = scenarios.map(({ name }) => slugOf(name));
  return method_ !== undefined && !slugs.includes(slug)
    ? one("metric", `is ${metric}: the scenarios are ${slugs.join(", ")}${didYouMean(slug, slugs)}`)
    : [];
}

function resourceFaults(
  { method, resource, axes }: SweepSpec,
  attempt: (override: string) => Attempt,
): Fault[] {
  if (method !== "asha") return resource ? one("resource", `is for asha alone: the method is ${method}`) : [];
  if (!resource) {
    return one("resource", "is missing: asha needs one, like { key: correction.passes, min: 1, max: 9 }");
  }
  const { key, min, max } = resource, place = ["sweep", "resource"];
  if (Object.hasOwn(axes, key)) {
    return [{ path: [...place, "key"], message: `is ${key}, which is an axis too` }];
  }
  if (min >= max) {
    return [{ path: [...place, "max"], message: `is ${max}: it must be above min, ${min}` }];
  }
  const tries = [{ value: min, place: [...place, "min"] }, { value: max, place: [...place, "max"] }];
  return triedFaults(key, { tries, place: [...place, "key"], attempt });
}
