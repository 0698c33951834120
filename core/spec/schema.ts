import { z } from "zod";
import type { Plugin, Slot } from "../contracts/plugin.ts";
import type { Declaration } from "../contracts/spec.ts";
import { defaultMetrics, listableMetrics } from "../registry/metrics.ts";
import type { Registry } from "../registry/registry.ts";
import { show } from "./issues.ts";
import { launchSchema, sweepSchema } from "./sweep_schema.ts";
import { about, filePath } from "../base/units.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

const count = (min = 1) => z.int().min(min).max(1e9);
const fraction = () => z.number().min(0).lt(1);
const factor = () => z.number().gt(0).max(1);
const partial = (text: string) => about(z.record(z.string(), z.unknown()), text);

/** A component of one slot: the options of its `kind`. */
export function componentSchema(registry: Registry, slot: Slot, shared: z.ZodRawShape = {}): z.ZodType {
  return kindSchema(registry.of(slot), shared);
}

function kindSchema(
  plugins: readonly Pick<Plugin, "kind" | "schema" | "about">[],
  shared: z.ZodRawShape = {},
) {
  const kinds = plugins.map(({ kind, schema, about }) =>
    schema.safeExtend({ kind: z.literal(kind), ...shared }).describe(about)
  );
  return z.discriminatedUnion("kind", kinds as unknown as [z.ZodObject]);
}

/** The whole spec as it is written; the scenarios' overrides are checked after the merge. */
export function specSchema(registry: Registry): z.ZodObject {
  const slot = (name: Slot, text: string) => about(componentSchema(registry, name), text);
  return z.strictObject({
    extends: about(
      z.union([z.string(), z.array(z.string())]),
      "Spec or specs below this one, relative to it; what is written here lies over them, null removes a key.",
    ).optional(),
    folder: about(z.string(), "Where relative paths of this file start from; by default its own folder.")
      .optional(),
    name: about(
      z.string().regex(NAME, {
        error: ({ input }) =>
          `is ${show(input)}: it must be 1 to 64 of a-z, 0-9 and "-", and start with a letter or a digit`,
      }),
      "Names the results folder.",
    ),
    seed: about(z.int().min(0), "Every random number of the run derives from it."),
    prior: slot("prior", "What the unknown looks like: training images and test truths."),
    operator: slot("operator", "The forward operator and its acquisition."),
    noise: slot("noise", "Additive noise of the data."),
    summary: slot("summary", "What the flow is conditioned on.").prefault({ kind: "migration" }),
    flow: slot("flow", "The conditional normalizing flow; without it and training the spec images only.")
      .optional(),
    training: trainingSchema(registry).optional(),
    shifts: about(z.array(shiftSchema()), "Conditions to be judged besides the nominal one.").default([]),
    correction: about(
      correctionSchema(registry),
      "The latent correction that is fitted to each observation.",
    ).prefault({ kind: "diagonal" }),
    refinement: refinementSchema().optional(),
    evaluation: evaluationSchema(registry).prefault({}),
    policy: policySchema().optional(),
    gates: about(
      z.record(z.string(), z.string()),
      'Limits that the run must keep: "[scenario/]method.metric[_gain]" to ">= 1 dB".',
    ).default({}),
    sweep: sweepSchema().optional(),
    launch: launchSchema().optional(),
  });
}

function trainingSchema(registry: Registry): z.ZodType {
  return about(
    z.strictObject({
      pairs: about(count(2), "Simulated pairs of unknown and data."),
      validation: about(
        z.number().lt(1).gt(0, {
          error: ({ input }) =>
            `is ${show(input)}: it must be above 0, for held-out pairs choose the best checkpoint`,
        }),
        "Fraction of the pairs held out to choose the best checkpoint, above 0; one pair at least is.",
      ).default(0.1),
      epochs: about(count(), "Passes over the training pairs."),
      batch: about(count(), "Pairs per step, at most as many as are left to train.").default(16),
      warmUp: about(count(0), "Steps over which the rate rises linearly to its value; 0 is off.").default(20),
      decay: about(factor(), "Factor on the rate every `decayEvery` epochs.").default(1),
      decayEvery: about(count(), "Epochs between decays of the rate.").default(1),
      average: about(fraction(), "Weight of the moving average of the parameters; 0 is off.").default(0.999),
      jitter: about(z.number().min(0), "Gaussian jitter on x as a fraction of its standard deviation.")
        .default(0),
      flips: about(z.array(z.enum(["lateral", "polarity"])), "Random mirror images of the pairs.").default(
        [],
      ),
      optimizer: componentSchema(registry, "optimizer").prefault({ kind: "adam" }),
    }),
    "How the flow is trained.",
  );
}

function correctionSchema(registry: Registry): z.ZodType {
  return componentSchema(registry, "correction", {
    target: about(
      z.enum(["latent", "posterior"]),
      "What stands for the prior: the amortized posterior, as published, which counts the data twice, or the prior.",
    ).default("latent"),
    passes: about(count(0), "Passes, each of as many steps as the nominal survey has sources.").default(5),
    budget: about(count(), "Solves at most.").optional(),
    samples: about(count(), "Latents per step, each one J and one J^T.").default(1),
    antithetic: about(z.boolean(), "Whether latents come in pairs z and -z.").default(false),
    gradient: about(
      z.enum(["total", "path"]),
      "The derivative of the whole objective, or through the samples alone: less noise near the optimum.",
    ).default("total"),
    encoding: about(
      z.enum(["orthogonal", "shots", "gaussian-fixed", "gaussian-fresh"]),
      "Which simultaneous source a step sees: a row of an orthogonal matrix, a single shot, or normal weights.",
    ).default("orthogonal"),
    holdout: about(
      fraction(),
      "Part of the sources that the fit does not see: the pass that explains them best is kept; 0 is off.",
    ).default(0),
    decay: about(factor(), "Factor on the rate after each pass.").default(0.5),
    optimizer: componentSchema(registry, "optimizer").prefault({ kind: "adam", rate: 0.1 }),
  });
}

function refinementSchema(): z.ZodType {
  const importance = z.strictObject({
    kind: z.literal("importance"),
    draws: about(count(100), "Posterior draws that are weighted; each costs one J and one J^T.").default(
      10000,
    ),
    from: about(z.enum(["amortized", "corrected"]), "The posterior that the draws are from.").default(
      "amortized",
    ),
  });
  const smc = z.strictObject({
    kind: z.literal("smc"),
    populations: about(
      count(2),
      "Independent populations that share evaluation.samples; R-hat compares them.",
    )
      .default(8),
  });
  const kinds = [
    importance.describe("importance weights of posterior draws, and resampling by them"),
    smc.describe("populations of draws of the flow and the prior, tempered to the posterior"),
  ] as const;
  return about(z.discriminatedUnion("kind", kinds), "What makes the samples exact; absent: nothing does.");
}

function evaluationSchema(registry: Registry) {
  return about(
    z.strictObject({
      observations: about(count(), "Fresh observations per scenario.").default(4),
      files: about(filesSchema(), "Observations of the nominal problem from files; absent: simulated ones.")
        .optional(),
      samples: about(count(2), "Posterior samples per observation and method.").default(128),
      prior: partial("Override of the prior for every scenario, such as its test split.").optional(),
      metrics: about(z.array(z.enum(listableMetrics(registry))).min(1), "What is measured against the truth.")
        .default(defaultMetrics(registry)),
      baselines: about(
        z.array(baselineSchema(registry)),
        "Other methods in the same table: a kind, or { kind: ... } with its options.",
      ).prefault(baselinesOf(registry).filter((method) => method.default).map(({ kind }) => kind)),
      calibration: calibrationSchema().optional(),
      detection: about(
        count(0),
        "Nominal observations whose residuals and latent scores an observation's are compared with; 0 compares summaries alone.",
      ).default(0),
      tradeoff: about(
        z.boolean(),
        "Whether the correction is judged after passes 1, 2, 4, ... too, and all methods beside their solves.",
      ).default(false),
    }),
    "How the methods are judged.",
  );
}

/** The methods that a spec can list as baselines. */
function baselinesOf(registry: Registry) {
  return registry.of("method").filter(({ asked }) => asked === "baselines");
}

/** A method that a spec lists as a baseline: its kind alone, or a component with options. */
function baselineSchema(registry: Registry) {
  const listed = baselinesOf(registry);
  const kinds = z.enum(listed.map(({ kind }) => kind));
  const component = kindSchema(listed);
  const branch = (written: unknown) => Number(typeof written === "object" && written !== null);
  return z.union([kinds, component]).meta({ branch }).transform((written): Declaration =>
    (typeof written === "string" ? component.parse({ kind: written }) : written) as Declaration
  );
}

function calibrationSchema() {
  return about(
    z.strictObject({
      observations: about(count(20), "Simulated truths per scenario.").default(100),
      samples: about(count(9), "Posterior samples for each.").default(99),
      corrected: about(z.boolean(), "Test the corrected posterior too, at one correction per truth.")
        .default(false),
    }),
    "Tests of the posterior on many truths: ranks, coverage, random balls.",
  );
}

function policySchema() {
  return about(
    z.strictObject({
      level: about(fraction(), "Correct an observation where the detectors' p-value is below.").default(0.05),
      solves: about(count(0), "Wave-equation solves that one observation may take.").optional(),
    }),
    "Decides for each observation whether its amortized posterior is kept, corrected or refined.",
  );
}

function filesSchema() {
  return z.strictObject({
    observations: about(filePath(), ".npy [n, size of the data]; the first of them are judged"),
    truths: about(filePath(), ".npy [n, size of the unknown], what made them"),
    reference: about(filePath(), ".npy [n, samples, size], samples of the true posteriors").optional(),
  });
}

function shiftSchema() {
  return z.strictObject({
    name: about(
      z.string().min(1).max(64).regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u, {
        error: () => "holds a character that is not seen, such as a line break: remove it",
      }),
      "Unique; shown in the report.",
    ),
    prior: partial("Override of the prior.").optional(),
    operator: partial("Override of the operator.").optional(),
    noise: partial("Override of the noise.").optional(),
  });
}
