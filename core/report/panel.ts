import { drawing } from "./chart.ts";
import { type ColorScale, pictureUri } from "./picture.ts";
import type { StoredArray } from "./run_folder.ts";

/** A picture's axis: its name with the unit, and the values at its two ends. */
export interface Axis {
  readonly title: string;
  readonly from: number;
  readonly to: number;
}

/** Width of a panel's picture in CSS pixels, and the tallest and flattest it may be drawn. */
const WIDTH = 220, ASPECT = { least: 0.35, most: 1.6 };

interface PanelOptions {
  readonly scale: ColorScale;
  readonly x: Axis;
  readonly z: Axis;
  /** Height over width; that of the axes where they share a unit. */
  readonly aspect?: number;
  /** Marks on the picture, in the axes' units. */
  readonly points?: readonly {
    readonly x: number;
    readonly z: number;
    readonly shape: string;
    readonly color: string;
  }[];
}

/** SVG of a field [rows, columns] as a picture with axes, first row at the top. */
export async function panel(
  field: StoredArray,
  { scale, x, z, aspect, points = [] }: PanelOptions,
): Promise<string> {
  const ratio = aspect ?? (z.to - z.from) / (x.to - x.from);
  const height = Math.round(WIDTH * Math.min(Math.max(ratio, ASPECT.least), ASPECT.most));
  const axis = (name: string, { title }: Axis, orient: "left" | "bottom") =>
    ({ scale: name, orient, title, tickCount: 5 }) as const;
  return await drawing({
    width: WIDTH,
    height,
    padding: 5,
    scales: [
      { name: "x", type: "linear", domain: [x.from, x.to], range: "width", zero: false, nice: false },
      { name: "z", type: "linear", domain: [z.from, z.to], range: [0, height], zero: false, nice: false },
    ],
    axes: [axis("x", x, "bottom"), axis("z", z, "left")],
    data: [{ name: "points", values: [...points] }],
    marks: [{
      type: "image",
      encode: {
        enter: {
          url: { value: await pictureUri(field, scale) },
          x: { value: 0 },
          y: { value: 0 },
          width: { value: WIDTH },
          height: { value: height },
          aspect: { value: false },
        },
      },
    }, {
      type: "symbol",
      from: { data: "points" },
      encode: {
        enter: {
          x: { scale: "x", field: "x" },
          y: { scale: "z", field: "z" },
          shape: { field: "shape" },
          fill: { field: "color" },
          size: { value: 14 },
        },
      },
    }],
  });
}
