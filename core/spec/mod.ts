/** Experiment specs: read, overridden, validated with positions, and documented from the plugins' own schemas. */
export { type LoadedSpec, loadSpec, specLoader } from "./load.ts";
export { frozenText } from "./frozen.ts";
export { correctionCost } from "./corrections.ts";
export { corrects, learns } from "./learning.ts";
export { SpecError } from "./issues.ts";
export { resolvedText } from "./resolved_text.ts";
export { inspect, preflight, preflighter } from "./preflight.ts";
export { GATE_LIMIT, GATE_NAME } from "./gates.ts";
export { slugOf } from "./scenarios.ts";
export { jsonSchema, SCHEMA_FILE, schemaText } from "./json_schema.ts";
export { catalogue, catalogueText } from "./catalogue.ts";
export { didYouMean } from "../base/suggest.ts";
