import { z } from "zod";
import { about } from "../base/units.ts";
import { show } from "./issues.ts";
import { isMapping } from "./path.ts";

const count = (min = 1) => z.int().min(min).max(1e6);

/** Either a full `sweep`, which has `axes`, or the short form of a grid: key paths and their values. */
export function sweepSchema() {
  const short = z.record(z.string(), values()).transform((axes) => ({ ...PLAIN, axes }));
  return about(
    z.union([fullSweep(), short]).meta({ branch: (input: unknown) => hasAxes(input) ? 0 : 1 }),
    "Trials that `sweep` makes of this spec: axes and a method, or in short key paths and the values of a grid.",
  );
}

/** What the short form leaves open. */
const PLAIN = { method: "grid" as const, zip: [], seeds: 1, onError: "continue" as const };

export function hasAxes(sweep: unknown): boolean {
  return isMapping(sweep) && Object.hasOwn(sweep, "axes");
}

const values = () => z.array(z.unknown()).min(1);

function fullSweep() {
  return z.strictObject({
    method: about(
      z.enum(["grid", "random", "sobol", "tpe", "asha"]),
      "How points are chosen: all, at random, by Sobol's sequence, by what was found good, by early stopping.",
    ).default("grid"),
    axes: about(z.record(z.string(), axisSchema()), "Key paths, each with a list of values or a range."),
    zip: about(z.array(z.array(z.string()).min(2)), "Axes that go through their lists together.").default([]),
    seeds: about(count(), "Repetitions of each point, with seeds from the spec's own on.").default(1),
    trials: about(count(), "Points of a method that draws them.").optional(),
    metric: about(
      z.string().regex(/^(?:[a-z0-9-]+\/)?[a-z]+\.\w+$/, {
        error: ({ input }) => `is ${show(input)}: it must be [scenario/]method.metric, like corrected.crps`,
      }),
      "What trials are ranked by: of one scenario, or the mean over all.",
    ).optional(),
    direction: about(z.enum(["min", "max"]), "Whether less or more of the metric is better.").optional(),
    onError: about(z.enum(["continue", "stop"]), "What becomes of the others when a trial fails.").default(
      "continue",
    ),
    resource: about(
      z.strictObject({
        key: about(z.string(), "Key path of a whole number, such as correction.passes."),
        min: about(count(), "Of a trial's first run."),
        max: about(count(), "Of the best trials' last run."),
        eta: about(z.int().min(2).max(100), "Factor from rung to rung; one in so many rises.").default(3),
      }),
      "What asha gives more of to the better trials.",
    ).optional(),
  });
}

function axisSchema() {
  const end = () => z.union([z.number(), z.string()]);
  const range = z.strictObject({
    min: about(end(), "Smallest value, a number or a quantity."),
    max: about(end(), "Largest value, in the unit of the smallest."),
    scale: about(z.enum(["linear", "log"]), "What is drawn evenly: the value or its logarithm.").default(
      "linear",
    ),
    integer: about(z.boolean(), "Whole numbers only; over a setting that is a whole number always.").default(
      false,
    ),
  });
  return z.union([values(), range]).meta({ branch: (input: unknown) => isMapping(input) ? 1 : 0 });
}

/** Where the trials of a sweep run. */
export function launchSchema() {
  const local = z.strictObject({
    kind: z.literal("local"),
    jobs: about(
      z.int().min(1).max(1024),
      "Trials at once, each a process with its share of cores and memory.",
    )
      .default(1),
  });
  const slurm = z.strictObject({
    kind: z.literal("slurm"),
    partition: about(word(), "Partition; absent: the cluster's default.").optional(),
    account: about(word(), "Account that the time is charged to.").optional(),
    time: measure("30 min", { min: 1, h: 60, d: 1440 }).describe("Limit of one job, in whole minutes."),
    memory: measure("4 GB", { MB: 1e6, GB: 1e9 }).describe("Memory of one job."),
    cores: about(z.int().min(1).max(1024), "Cores of one job.").default(2),
    concurrency: about(count(), "Jobs of an array at once.").default(16),
    setup: about(
      z.array(z.string().regex(/^[^\n]*$/)),
      "Shell lines before the program, such as module load.",
    )
      .default([]),
  });
  const kinds = [
    local.describe("processes on this machine"),
    slurm.describe("job arrays of a Slurm cluster"),
  ] as const;
  return about(z.discriminatedUnion("kind", kinds), "Where the trials of a sweep run; absent: local.");
}

/** A name that may stand in a line of a job script. */
function word() {
  return z.string().regex(/^[\w.,-]{1,128}$/, {
    error: ({ input }) => `is ${show(input)}: it must be a name of letters, digits, ".", ",", "-" and "_"`,
  });
}

/** A whole number of the smallest unit, written like the preset. */
function measure(preset: string, units: Readonly<Record<string, number>>) {
  const names = Object.keys(units).join("|"), pattern = new RegExp(`^(\\d+(?:\\.\\d+)?) *(${names})$`);
  return z.string().transform((text, context) => {
    const [, number, unit] = pattern.exec(text.trim()) ?? [];
    const value = Math.ceil(Number(number) * units[unit]);
    if (value > 0) return value;
    context.issues.push({ code: "custom", message: `is "${text}": it must be like ${preset}`, input: text });
    return z.NEVER;
  }).prefault(preset);
}
