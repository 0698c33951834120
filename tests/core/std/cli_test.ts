import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";
import { parse, stringify } from "@std/yaml";

const options = {
  boolean: ["quiet"],
  string: ["out", "_"],
  collect: ["set"],
  alias: { q: "quiet", o: "out" },
};

Deno.test("options, flags, lists and positionals are told apart", () => {
  const args = ["run", "--set", "a.b=c d", "--set=x=1=2", "-o", "dir", "-q", "spec.yaml", "--", "--quiet"];
  assertEquals({ ...parseArgs(args, options) }, {
    _: ["run", "spec.yaml", "--quiet"],
    set: ["a.b=c d", "x=1=2"],
    out: "dir",
    quiet: true,
  });
});

Deno.test("an option without its value is empty, and swallows no other option", () => {
  const { out, quiet } = parseArgs(["--out", "--quiet"], options);
  assertEquals([out, quiet, parseArgs(["--out"], options).out], ["", true, ""]);
});

Deno.test("flags are false and lists empty where nothing is given", () => {
  assertEquals({ ...parseArgs([], { ...options, default: { out: "here" } }) }, {
    _: [],
    out: "here",
    quiet: false,
    set: [],
  });
});

Deno.test("what no setting names is handed to `unknown`, which may drop it", () => {
  const seen: unknown[] = [];
  const args = parseArgs(["a", "--otu=x", "-z"], {
    ...options,
    unknown: (arg, key, value) => {
      seen.push([arg, key, value]);
      return key === undefined;
    },
  });
  assertEquals(seen, [["a", undefined, undefined], ["--otu", "otu", "x"], ["-z", "z", true]]);
  assertEquals([args._, args.otu, args.z], [["a"], undefined, undefined]);
});

Deno.test("YAML reads back what it wrote", () => {
  const value = { rate: 1e-3, name: "a: b", list: [1, "12.5 m", null], yes: "no" };
  assertEquals(parse(stringify(value)), value);
});
