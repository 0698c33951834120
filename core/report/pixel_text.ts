/** Glyphs of 3 by 5 pixels: one octal digit a row, its bits the pixels. */
const GLYPHS: Readonly<Record<string, string>> = Object.fromEntries(
  ("A25755 B65656 C34443 D65556 E74647 F74644 G34553 H55755 I72227 J11152 K55655 L44447 M57755 N65555 O25552 " +
    "P65644 Q25563 R65655 S34216 T72222 U55557 V55552 W55775 X55255 Y55222 Z71247 075557 126227 261247 361216 " +
    "455711 574616 634757 771122 875757 975716 -00700 −00700 +02720 .00002 ,00024 /11244 (12221 )42224 :02020")
    .split(" ").map((entry) => [entry[0], entry.slice(1)]),
);

/** Size of one pixel of a glyph, and the height of a line of text, in image pixels. */
const SIZE = 2;
export const TEXT_HEIGHT = 5 * SIZE;

/** Pixels [x, y] of a line of capitals that starts at the origin; a character without a glyph is a blank. */
export function textPixels(text: string): [number, number][] {
  return [...text.toUpperCase()].flatMap((character, place) =>
    [...GLYPHS[character] ?? ""].flatMap((digit, row) =>
      [0, 1, 2].filter((column) => Number(digit) & (4 >> column))
        .flatMap((column) => block((4 * place + column) * SIZE, row * SIZE))
    )
  );
}

function block(x: number, y: number): [number, number][] {
  return Array.from({ length: SIZE * SIZE }, (_, i) => [x + i % SIZE, y + Math.floor(i / SIZE)]);
}
