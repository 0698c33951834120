import { type Document, isScalar, Lexer, parseDocument } from "yaml";
import { EXACT, narrowIntegers } from "./yaml_numbers.ts";

/** A value, or what is wrong with its text. */
type Given = { readonly value: unknown } | { readonly fault: string };

/**
 * The value of a text on the command line. A list in [], a map in {} and quoted text are read as YAML. Other texts are
 * numbers, true, false or null (also the empty text). All else is the text itself, even with a `#` in it or a `>` in
 * front.
 */
export function valueOf(text: string): Given {
  const trimmed = text.trim();
  return /^[[{"']/.test(trimmed) ? writtenValue(trimmed) : { value: scalarOf(trimmed) };
}

function writtenValue(text: string): Given {
  const strange = [...new Lexer().lex(text)].find((token) => /^[#&*!]/.test(token));
  if (strange) return { fault: strangeText(strange) };
  const document = documentOf(text), [error] = [...document.errors, ...document.warnings];
  if (error) return { fault: `the value is not YAML: ${error.message.split("\n")[0]}` };
  return { value: document.toJS() };
}

function strangeText(token: string): string {
  if (token.startsWith("#")) return `the value ends at a comment, ${token}: put text that holds # in quotes`;
  return `the value has no anchors, aliases or tags such as ${token}: put text that begins so in quotes`;
}

/** Only what looks like a word or a number is one: all else is text. */
function scalarOf(text: string): unknown {
  if (!/^(~|[-+.]*\w[-+.\w]*)?$/.test(text)) return text;
  const { contents } = documentOf(text);
  return isScalar(contents) ? contents.value : contents === null ? null : text;
}

function documentOf(text: string): Document {
  const document = parseDocument(text, { ...EXACT, prettyErrors: false, logLevel: "silent" });
  narrowIntegers(document);
  return document;
}
