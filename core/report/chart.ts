import type { TopLevelSpec } from "vega-lite";
import type { Spec } from "vega";

/** A drawing of the report: an SVG file, and an image in the page. */
export interface Figure {
  /** File name below `figures/`, without `.svg`. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

const FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** One look for every drawing: thin axes, no frame, small type. */
const AXIS = {
  domainColor: "#888",
  tickColor: "#888",
  tickSize: 4,
  labelColor: "#333",
  labelFont: FONT,
  labelFontSize: 10,
  titleColor: "#333",
  titleFont: FONT,
  titleFontSize: 10,
  titleFontWeight: "normal",
  titlePadding: 4,
} as const;
const LEGEND = {
  orient: "top",
  title: null,
  labelFont: FONT,
  labelFontSize: 10,
  symbolSize: 60,
  offset: 4,
} as const;

/** SVG of a Vega-Lite chart, without a DOM. */
export async function chart(spec: TopLevelSpec): Promise<string> {
  const { compile } = await import("vega-lite");
  const axis = { ...AXIS, gridColor: "#eee" };
  return await render(compile(spec, { config: { axis, legend: LEGEND, view: { strokeOpacity: 0 } } }).spec);
}

/** SVG of a Vega drawing, without a DOM. */
export async function drawing(spec: Spec): Promise<string> {
  return await render({ ...spec, background: "white", config: { axis: AXIS } });
}

async function render(spec: Spec): Promise<string> {
  const { parse, View, ...rest } = await import("vega");
  // Names of clips and gradients count up per process; reset, or the same chart would not be the same text.
  (rest as unknown as { resetSVGDefIds(): void }).resetSVGDefIds(); // exported, but not in Vega's types
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
