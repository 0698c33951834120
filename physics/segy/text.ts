/** The textual header of SEG-Y files: 40 lines of 80 characters. */

export const TEXT_BYTES = 3200;
const LINES = 40, COLUMNS = 80;

/** EBCDIC (code page 37) of the printable ASCII characters: the code of each run's first character. */
const EBCDIC_RUNS: readonly (readonly [number, string])[] = [
  [0x40, " "],
  [0x4B, ".<(+|&"],
  [0x5A, "!$*);"],
  [0x60, "-/"],
  [0x6B, ",%_>?"],
  [0x79, "`:#@'=\""],
  [0x81, "abcdefghi"],
  [0x91, "jklmnopqr"],
  [0xA1, "~stuvwxyz"],
  [0xB0, "^"],
  [0xBA, "[]"],
  [0xC0, "{ABCDEFGHI"],
  [0xD0, "}JKLMNOPQR"],
  [0xE0, "\\"],
  [0xE2, "STUVWXYZ"],
  [0xF0, "0123456789"],
];
const EBCDIC = EBCDIC_RUNS.flatMap(([first, run]) => [...run].map((c, i) => [first + i, c] as const));
const FROM_EBCDIC = new Map(EBCDIC), TO_EBCDIC = new Map(EBCDIC.map(([code, c]) => [c, code]));

/** The textual header's lines, trailing blanks cut; EBCDIC where it has more of its blanks than ASCII ones. */
export function readText(bytes: Uint8Array): string[] {
  const text = bytes.subarray(0, TEXT_BYTES),
    blanks = (code: number) => text.filter((b) => b === code).length;
  const ascii = (code: number) => code >= 0x20 && code < 0x7F ? String.fromCharCode(code) : " ";
  const character = blanks(0x40) > blanks(0x20) ? (code: number) => FROM_EBCDIC.get(code) ?? " " : ascii;
  const line = (i: number) => Array.from(text.subarray(i * COLUMNS, (i + 1) * COLUMNS), character).join("");
  return Array.from({ length: LINES }, (_, i) => line(i).trimEnd());
}

/** The header's bytes in EBCDIC; missing lines and columns are blank. */
export function textBytes(lines: readonly string[]): Uint8Array {
  if (lines.length > LINES || lines.some((line) => line.length > COLUMNS)) {
    throw new Error(`The textual header must have at most ${LINES} lines of ${COLUMNS} characters`);
  }
  const all = Array.from({ length: LINES }, (_, i) => (lines[i] ?? "").padEnd(COLUMNS)).join("");
  return Uint8Array.from([...all].map((c) => {
    const code = TO_EBCDIC.get(c);
    if (code === undefined) {
      throw new Error(`The textual header has the character ${c}: it must be plain ASCII`);
    }
    return code;
  }));
}

/** Codes of `((`, which begins a stanza of an extended textual header: in ASCII, in EBCDIC. */
const STANZA = [0x28, 0x4D];

/** Whether a block of text at an offset begins with a stanza. */
export function isStanza(bytes: Uint8Array, at: number): boolean {
  return STANZA.some((code) => bytes[at] === code && bytes[at + 1] === code);
}

/**
 * Where `count` extended textual headers end. Those of an unknown number, -1, end with the stanza `((SEG: EndText))`;
 * undefined where there is none.
 */
export function textEnd(
  bytes: Uint8Array,
  { from, count }: { from: number; count: number },
): number | undefined {
  if (count >= 0) return from + count * TEXT_BYTES;
  for (let at = from; at + TEXT_BYTES <= bytes.length; at += TEXT_BYTES) {
    const text = readText(bytes.subarray(at, at + TEXT_BYTES)).join("");
    if (/\(\(\s*SEG:\s*EndText\s*\)\)/i.test(text)) return at + TEXT_BYTES;
  }
}
