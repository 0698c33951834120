import type { PictureRow } from "./image_rows.ts";
import { colorize, encodePng } from "./picture.ts";
import { TEXT_HEIGHT, textPixels } from "./pixel_text.ts";

/** Width of a picture and space around it, in pixels. */
const WIDTH = 240, GAP = 14, LINE = TEXT_HEIGHT + 6, LABEL = 2 * LINE;

/** All pictures of an observation on one PNG, a line a row, each with its title: for slides and README files. */
export async function contactSheet(rows: readonly PictureRow[]): Promise<Uint8Array> {
  const heights = rows.map(({ x, z, aspect }) =>
    Math.round(WIDTH * Math.min(aspect ?? (z.to - z.from) / (x.to - x.from), 1.6))
  );
  const width = GAP + Math.max(...rows.map((row) => row.pictures.length)) * (WIDTH + GAP);
  const height = GAP + heights.reduce((sum, h) => sum + LABEL + h + GAP, 0);
  const canvas = { data: new Uint8Array(3 * width * height).fill(255), width, height };
  let top = GAP;
  for (const [r, row] of rows.entries()) {
    drawText(canvas, row.title, { left: GAP, top });
    for (const [c, { title, field, scale }] of row.pictures.entries()) {
      const place = { left: GAP + c * (WIDTH + GAP), top: top + LABEL, width: WIDTH, height: heights[r] };
      drawText(canvas, title, { left: place.left, top: top + LINE });
      drawPicture(canvas, { pixels: await colorize(field, scale), shape: field.shape }, place);
    }
    top += LABEL + heights[r] + GAP;
  }
  return await encodePng(canvas.data, canvas);
}

interface Canvas {
  readonly data: Uint8Array;
  readonly width: number;
}

function drawText({ data, width }: Canvas, text: string, { left, top }: { left: number; top: number }): void {
  for (const [x, y] of textPixels(text)) {
    if (x < WIDTH) data.fill(0, 3 * ((top + y) * width + left + x), 3 * ((top + y) * width + left + x + 1));
  }
}

/** Nearest-cell scaling: every cell stays visible as what it is. */
function drawPicture(
  { data, width }: Canvas,
  { pixels, shape: [rows, columns] }: { pixels: Uint8Array; shape: readonly number[] },
  place: { left: number; top: number; width: number; height: number },
): void {
  for (let y = 0; y < place.height; y++) {
    const row = Math.floor(y * rows / place.height);
    for (let x = 0; x < place.width; x++) {
      const cell = 3 * (row * columns + Math.floor(x * columns / place.width));
      data.set(pixels.subarray(cell, cell + 3), 3 * ((place.top + y) * width + place.left + x));
    }
  }
}
