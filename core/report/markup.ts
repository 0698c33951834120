/** HTML that is safe to insert as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

type Content = Markup | string | number | false | undefined | readonly Content[];

/** Template tag: literal parts are HTML; inserted values are escaped unless they are {@link Markup} themselves. */
export function markup(literal: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(literal.reduce((text, part, i) => text + rendered(values[i - 1]) + part));
}

function rendered(value: Content): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(rendered).join("\n");
  return String(value).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
