import { assertEquals, assertThrows } from "@std/assert";
import { parseTable } from "../../../core/data/csv.ts";
import { csvOf } from "../../../core/results/export.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const rowsOf = (text: string) => {
  const { columns, rows } = parseTable(bytesOf(text));
  return rows.map(({ fields }) => columns.map((name) => fields[name]));
};

const PLAIN = [["0", "Line 7, south", "train"], ["1", "Line 8", "test"]];
const WAYS: [string, string][] = [
  ["a comma in quotes", 'index,line,split\n0,"Line 7, south",train\n1,Line 8,test\n'],
  ["every field quoted", '"index","line","split"\n"0","Line 7, south","train"\n"1","Line 8","test"\n'],
  ["Windows line ends", 'index,line,split\r\n0,"Line 7, south",train\r\n1,Line 8,test\r\n'],
  ["old Macintosh line ends", 'index,line,split\r0,"Line 7, south",train\r1,Line 8,test'],
  ["a byte order mark", '\ufeffindex,line,split\n0,"Line 7, south",train\n1,Line 8,test'],
  ["blanks around commas", 'index , line,split\n0, "Line 7, south" , train \n 1,Line 8,test\n'],
  ["blank lines", 'index,line,split\n\n0,"Line 7, south",train\n\n1,Line 8,test\n\n\n'],
];

for (const [what, text] of WAYS) {
  Deno.test(`a table is read as it was meant: ${what}`, () => {
    assertEquals(parseTable(bytesOf(text)).columns, ["index", "line", "split"]);
    assertEquals(rowsOf(text), PLAIN);
  });
}

Deno.test("doubled quotes are quotes, and line breaks in quotes belong to their field", () => {
  assertEquals(rowsOf('a,b\n"a ""deep"" one","first\r\nsecond"\n"",3\n'), [
    ['a "deep" one', "first\r\nsecond"],
    ["", "3"],
  ]);
});

Deno.test("every row tells the line on which it begins", () => {
  const { rows } = parseTable(bytesOf('a,b\r\n1,"x\r\ny\r\nz"\r\n\r\n2,p\n3,q\n'));
  assertEquals(rows.map(({ line }) => line), [2, 6, 7]);
});

const REFUSED: [string, string | Uint8Array, string][] = [
  [
    "a field too many",
    'a,b\n1,2\n"x\ny",3\n4,5,6\n',
    "Line 5 has 3 fields: it must have 2, as many as the header",
  ],
  ["a field too few", "a,b\n\n1\n", "Line 3 has 1 fields: it must have 2"],
  ["a trailing comma", "a,b\n1,2,\n", "Line 2 has 3 fields"],
  ["an open quote", 'a,b\n1,2\n"3,4\n5,6\n', "Line 3 has a quote that is never closed"],
  [
    "text behind a quote",
    'a,b\n1,"deep" zone\n',
    "Line 2 has a quote within a quoted field: it must be doubled",
  ],
  ["a quote within a field", 'a,b\n1,5" pipe\n', "Line 2 has a quote within a field"],
  [
    "semicolons",
    'index;zone;split\n0;"A; north";test\n',
    "separated by semicolons: separate them by commas. The header is index;zone;split",
  ],
  ["tabs", "index\tsplit\n0\ttest\n", "separated by tabs"],
  ["a column twice", "a,b,a\n1,2,3\n", "names the column a twice"],
  ["nothing", "", "The table is empty"],
  ["another encoding", Uint8Array.of(0x61, 0x0A, 0xE9), "not UTF-8 text"],
];

for (const [what, text, message] of REFUSED) {
  Deno.test(`a table is refused in a sentence: ${what}`, () => {
    assertThrows(() => parseTable(typeof text === "string" ? bytesOf(text) : text), Error, message);
  });
}

Deno.test("what the list of results writes as CSV is read back as it was", () => {
  const columns = ["folder", "shift", "note, long"];
  const rows = [
    { folder: "a/b", shift: 'more "noise"', "note, long": "two\r\nlines" },
    { folder: " led by a blank", shift: null, "note, long": -1.5e-7 },
    { folder: "", shift: ",", "note, long": "\n" },
  ];
  const read = parseTable(bytesOf(csvOf(rows, columns)));
  assertEquals(read.columns, columns);
  assertEquals(
    read.rows.map(({ fields }) => fields),
    rows.map((row) =>
      Object.fromEntries(columns.map((name) => [name, String(row[name as keyof typeof row] ?? "")]))
    ),
  );
});

Deno.test("a row of one empty field is a row", () => {
  const read = parseTable(bytesOf(csvOf([{ a: null }, { a: 1 }], ["a"])));
  assertEquals(read.rows.map(({ fields }) => fields.a), ["", "1"]);
});
