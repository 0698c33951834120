import type { Plugin } from "../contracts/plugin.ts";
import type { MethodLook, MethodNeed } from "../contracts/method.ts";
import type { Spec } from "../contracts/spec.ts";
import type { Registry } from "../registry/registry.ts";
import type { Fault } from "./issues.ts";
import { learns } from "./learning.ts";
import type { Path } from "./path.ts";

/** A method that a spec asks for, with its options. */
interface DeclaredMethod {
  readonly plugin: Plugin<"method">;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The methods of a spec in the order of the registry: its baselines, those that its sections ask for, and those that
 * are always judged. A learned method needs a flow.
 */
export function declaredMethods(spec: Spec, registry: Registry): DeclaredMethod[] {
  return registry.of("method").flatMap((plugin) => {
    const { kind, schema, asked, needs = [] } = plugin;
    if (needs.includes("flow") && !learns(spec)) return [];
    if (asked === "baselines") {
      const declared = spec.evaluation.baselines.find((baseline) => baseline.kind === kind);
      if (!declared) return [];
      const { kind: _, ...options } = declared;
      return [{ plugin, options }];
    }
    return asked === undefined || spec[asked] ? [{ plugin, options: schema.parse({}) }] : [];
  });
}

/** The baselines of a spec that need something, with their places in the spec. */
export function baselinesNeeding(
  need: MethodNeed,
  { spec: { evaluation: { baselines } }, registry }: { spec: Spec; registry: Registry },
): { kind: string; path: Path }[] {
  return baselines.flatMap(({ kind }, i) =>
    registry.get("method", kind).needs?.includes(need) ? [{ kind, path: ["evaluation", "baselines", i] }] : []
  );
}

/** Baselines that are listed twice: tables have one row for each kind. */
export function repeatedBaselines({ evaluation: { baselines } }: Spec): Fault[] {
  const kinds = baselines.map(({ kind }) => kind);
  return kinds.flatMap((kind, i) =>
    kinds.indexOf(kind) < i
      ? [{
        path: ["evaluation", "baselines", i],
        message: `is ${kind}, which is listed already: write it once`,
      }]
      : []
  );
}

/** How the methods of a spec are shown, in the order in which they are judged. */
export function looksOf(spec: Spec, registry: Registry): Record<string, MethodLook> {
  return Object.fromEntries(
    declaredMethods(spec, registry).map((
      { plugin: { kind, label, color, samples } },
    ) => [kind, { label, color, samples }]),
  );
}
