import type { Figure } from "./chart.ts";
import { Markup, markup } from "./markup.ts";
import type { Section } from "./section.ts";
import { STYLE } from "./style.ts";

/** The content policy of the page: the browser blocks scripts, requests and everything that is not in the file. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** A page of one HTML file. */
export function document(title: string, body: Markup): string {
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title} · driftless</title><style>${new Markup(STYLE)}</style></head><body>
${body}
</body></html>
`.text;
}

/** Figures under a title, with their colour scale where they are pictures. */
export function figureSection({ title, note, figures, scale }: Section): Markup {
  const legend = scale &&
    markup`<p class="scale"><span>${
      short(scale.low)
    }</span><i style="background: ${scale.gradient}"></i><span>${
      short(scale.high)
    } ${scale.quantity}</span></p>`;
  return markup`<h3>${title}</h3><p class="note">${note}</p>${panels(figures)}${legend}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(2))).replace("-", "−");
}

/** Figures in a grid, each with its title. */
export function panels(figures: readonly Figure[]): Markup {
  const panel = (figure: Figure) =>
    markup`<figure>${image(figure)}<figcaption>${figure.title}</figcaption></figure>`;
  return markup`<div class="panels">${figures.map(panel)}</div>`;
}

/** An SVG as an image of its own, so that names inside it cannot clash with another's. */
export function image({ title, svg }: Figure): Markup {
  const [, width, height] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
  const uri = "data:image/svg+xml," + svg.replace(/[%#<>"\n]/g, encodeURIComponent);
  return markup`<img src="${uri}" width="${width}" height="${height}" alt="${title}">`;
}
