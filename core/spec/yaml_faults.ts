import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLError,
} from "yaml";

/** What is wrong at a place of the text. */
export interface TextFault {
  readonly at: number;
  readonly message: string;
  /** The key at fault, where it is one. */
  readonly key?: string;
}

/** Levels of maps and lists at most. */
const MOST_LEVELS = 64;
const TOO_DEEP = `is nested too deep: a spec has at most ${MOST_LEVELS} levels`;

/** The parser's words for what people get wrong most often, as what is there and what must be. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^Maximum call stack.*/, TOO_DEEP],
  [/^All mapping items must start at the same column.*/, "the keys of one map must start in the same column"],
  [
    /^Flow map in block .* end with a }|^Flow map must end with a }/,
    "a map that begins with { must end with }",
  ],
  [/^Flow sequence .* end with a ]/, "a list that begins with [ must end with ]"],
  [/^Missing closing (.)quote/, "a text that begins with $1 must end with $1"],
  [/^Nested mappings are not allowed in compact.*/, 'a value holds ": ": quote it, or begin a new line'],
  [/^Implicit (?:map )?keys need.*/, "here must be a key and its value, like seed: 7"],
  [/^Unexpected block-seq-ind.*/, "an entry of a list, which begins with -, must stand on its own line"],
  [
    /^Unexpected .*/s,
    "what stands here belongs to nothing: look at the quotes, brackets and indentation before it",
  ],
  [/^Unresolved tag: (.*)/, "a spec has no tags such as $1: remove it"],
  [
    /^Plain value cannot start with reserved character (.)/,
    "a text that begins with $1 must stand in quotes",
  ],
  [/^Unsupported YAML version (.*)/, "there is no version $1 of YAML: remove the line"],
  [/^Tabs are not allowed.*/, "a line must be indented by spaces, not by tabs"],
  [/^Source contains multiple documents.*/, "a spec is one document: remove what follows ---"],
];

/** The parser's errors and warnings, one of a kind: one slip makes the same complaint about every line below. */
export function syntaxFaults(document: Document, text: string): TextFault[] {
  const faults = [...document.errors, ...document.warnings].map((fault) => syntaxFault(fault, text));
  return faults.filter((fault, i) =>
    faults.findIndex(({ at, message }) => message === fault.message || at === fault.at) === i
  );
}

function syntaxFault({ message, pos: [at] }: YAMLError, text: string): TextFault {
  const [first] = message.split("\n");
  if (first === "Map keys must be unique") {
    const [key] = /^[^:\n]*/.exec(text.slice(at))!;
    return { at, key, message: "is there twice: keys must be unique in a map" };
  }
  const sentence = SENTENCES.find(([pattern]) => pattern.test(first));
  return { at, message: `YAML: ${sentence ? first.replace(sentence[0], sentence[1]) : first}` };
}

/** Characters that no text file holds, and that would reach a terminal. */
export function characterFault(text: string): TextFault | undefined {
  // deno-lint-ignore no-control-regex
  const match = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/.exec(text);
  if (!match) return undefined;
  const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return { at: match.index, message: `holds the character U+${code}, which no text has: remove it` };
}

/** Keys, aliases and depths that YAML knows and a spec does not. */
export function structureFault(document: Document): TextFault | undefined {
  const visit = (node: Node | null, above: readonly Node[]): TextFault | undefined => {
    if (isAlias(node)) return aliasFault(node, { document, above });
    if (!isMap(node) && !isSeq(node)) return undefined;
    const at = node.range?.[0] ?? 0, inside = [...above, node];
    if (inside.length > MOST_LEVELS) return { at, message: TOO_DEEP };
    const parts = isSeq(node) ? node.items as Node[] : node.items as Pair<Node, Node>[];
    for (const part of parts) {
      const fault = "key" in part
        ? keyFault(part as Pair<Node, Node>, document) ?? visit((part as Pair<Node, Node>).value, inside)
        : visit(part as Node, inside);
      if (fault) return fault;
    }
  };
  return visit(document.contents as Node | null, []);
}

function aliasFault(
  node: Alias,
  { document, above }: { document: Document; above: readonly Node[] },
): TextFault | undefined {
  const at = node.range?.[0] ?? 0, target = node.resolve(document);
  if (!target) {
    return {
      at,
      message: `*${node.source} repeats nothing: no value above it has the anchor &${node.source}`,
    };
  }
  if (above.includes(target)) return { at, message: `*${node.source} stands inside of what it repeats` };
}

function keyFault({ key, value }: Pair<Node, Node>, document: Document): TextFault | undefined {
  const at = key?.range?.[0] ?? value?.range?.[0] ?? 0;
  if (!isScalar(key) || key.value === null) return { at, message: "a key must be text, like seed" };
  if (key.value === "__proto__") return { at, message: "__proto__ is not a key that a spec may have" };
  if (String(key.source ?? key.value) !== "<<") return undefined;
  const sources = isSeq(value) ? value.items as Node[] : [value];
  const maps = sources.every((source) => isMap(isAlias(source) ? source.resolve(document) : source));
  const where = value?.range?.[0] ?? at;
  return maps ? undefined : { at: where, message: "<< must be a map above, like *base, or a list of such" };
}
