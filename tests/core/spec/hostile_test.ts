import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { loadSpec, SpecError } from "../../../core/spec/mod.ts";
import { registry, VALID } from "./toys.ts";

/** What is said of a file of these bytes. */
async function said(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeFile(path, bytes);
    await loadSpec(path, { registry });
    return "it was accepted";
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    // Where the parser gives up a deep text depends on the stack.
    return error.message.replaceAll(path, "spec.yaml").replace(
      /^spec.yaml:1:\d+: YAML: /,
      "spec.yaml:1:_: YAML: ",
    );
  } finally {
    await Deno.remove(path);
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);
/** Every character in two bytes, the lower one first. */
const wide = (text: string) =>
  Uint8Array.from([0xff, 0xfe, ...[...text].flatMap((c) => [c.charCodeAt(0), 0])]);
const twice = (text: string) => text.repeat(10_000);

Deno.test("a byte order mark and Windows line ends are no fault, and columns stay", async () => {
  assertEquals(await said(utf8("\ufeff" + VALID.replaceAll("\n", "\r\n"))), "it was accepted");
  const broken = VALID.replace("depth: 4", "depth: 0").replaceAll("\n", "\r\n");
  assertEquals(await said(utf8(broken)), "spec.yaml:11:28: flow.depth: is 0: it must be at least 1");
});

const TOO_DEEP = "is nested too deep: a spec has at most 64 levels";
const CANNOT = "spec.yaml:1:1: the spec cannot be read: ";
for (
  const [what, bytes, message] of [
    ["UTF-16", wide(VALID), `${CANNOT}it is UTF-16 text: save it as UTF-8`],
    ["Latin-1", Uint8Array.of(0x61, 0x3a, 0xe9), `${CANNOT}it is not UTF-8 text: save it as UTF-8`],
    ["cut-off UTF-8", Uint8Array.of(0x61, 0x3a, 0xc3), `${CANNOT}it is not UTF-8 text: save it as UTF-8`],
    [
      "a NUL",
      utf8("name: a\nseed: \u00003\n"),
      "spec.yaml:2:7: holds the character U+0000, which no text has: remove it",
    ],
    [
      "an escape of the terminal",
      utf8("name: \u001b[31mred\n"),
      "spec.yaml:1:7: holds the character U+001B, which no text has: remove it",
    ],
    ["50 MB", new Uint8Array(50_000_000).fill(0x61), `${CANNOT}it has 50.0 MB, and a spec has at most 1 MB`],
    [
      "10,000 lists in one another",
      utf8(`a: ${twice("[")}${twice("]")}`),
      `spec.yaml:1:_: YAML: ${TOO_DEEP}`,
    ],
    ["10,000 lists without an end", utf8(`a: ${twice("[")}`), `spec.yaml:1:_: YAML: ${TOO_DEEP}`],
    [
      "10,000 maps in one another",
      utf8(`a: ${twice("{a: ")}1${twice("}")}`),
      `spec.yaml:1:_: YAML: ${TOO_DEEP}`,
    ],
    ["65 levels", utf8(`a: ${"[".repeat(65)}${"]".repeat(65)}`), `spec.yaml:1:67: ${TOO_DEEP}`],
  ] as const
) {
  Deno.test(`${what} is refused with a sentence`, async () => assertEquals(await said(bytes), message));
}

Deno.test("what is no file is refused with a sentence", async () => {
  const message = async (path: string) =>
    (await assertRejects(() => loadSpec(path, { registry }), SpecError)).message;
  assertEquals(await message("/"), "/:1:1: the spec cannot be read: it is a folder, and must be a YAML file");
  assertEquals(
    await message("/dev/zero"),
    "/dev/zero:1:1: the spec cannot be read: it is a device or a pipe, and must be a YAML file",
  );
  const long = "x".repeat(5000);
  assertEquals(await message(long), `${long}:1:1: the spec cannot be read: its name is too long`);
});

Deno.test("a decimal comma in a map of one line is told where it stands, not as what it makes of the map", async () => {
  const said = async (from: string, to: string) => {
    const text = VALID.replace(from, to);
    assert(text !== VALID);
    return (await loadSpec("spec.yaml", { registry, text }).then(() => "", (error) => error.message)).split(
      "\n",
    );
  };
  const comma = "stands behind a comma, which ends a value: " +
    "a number has a point for its decimals and nothing between its thousands";
  assertEquals(await said("velocity: 2.5 km/s", "velocity: 2,5 km/s"), [
    `spec.yaml:7:45: operator.background.5 km/s: ${comma}`,
  ]);
  assertEquals(await said("scale: 2.5", "scale: 2,5"), [
    `spec.yaml:15:32: shifts.more noise.noise.level.5: ${comma}`,
  ]);
  assertEquals(await said("seed: 7", "seed: 1.000,5"), [
    'spec.yaml:2:7: seed: is "1.000,5": it must be a number: ' +
    "a number has a point for its decimals and nothing between its thousands",
  ]);
});

Deno.test("true and false of YAML 1.1 are told, and a name that breaks the line is refused", async () => {
  const said = (text: string) =>
    loadSpec("spec.yaml", { registry, text }).then(() => "", (error) => error.message);
  assertEquals(
    await said(`${VALID}evaluation: { tradeoff: Yes }\n`),
    'spec.yaml:20:25: evaluation.tradeoff: is "Yes": it must be true or false; did you mean true?',
  );
  for (const name of ["a\\nb", "\\e[31mred", "a\\u202eb"]) {
    assertMatch(
      await said(VALID.replace("name: more noise", `name: "${name}"`)),
      /^spec\.yaml:14:11: shifts\."[ -~]*"\.name: holds a character that is not seen, such as a line break: remove it$/,
    );
  }
});
