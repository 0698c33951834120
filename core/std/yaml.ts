/**
 * `parse` and `stringify` of JSR's @std/yaml over npm yaml. Parsing reads LOG_TOKENS and LOG_STREAM (the parser's
 * own debug switches), so it needs `--allow-env=LOG_TOKENS,LOG_STREAM`.
 */
import * as yaml from "yaml";

/** The value of a YAML document; throws on a syntax error. */
export function parse(content: string): unknown {
  return yaml.parse(content);
}

/** A value as YAML, block style. */
export function stringify(data: unknown): string {
  return yaml.stringify(data, { lineWidth: 110, aliasDuplicateObjects: false });
}
