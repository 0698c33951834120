import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TINY_IMAGING } from "../run/program.ts";
import { task as runTask, TASKS } from "./task.ts";

const COMMANDS = Object.entries(TASKS).filter(([, line]) => / mod\.ts [a-z]+$/.test(line));

const SPEC = `${TINY_IMAGING}training: { pairs: 12, epochs: 1, batch: 4 }
correction: { kind: diagonal, passes: 1 }
evaluation: { observations: 1, samples: 8, baselines: [] }
`;

const task: typeof runTask = (name, args, options) => runTask(name, args, { spec: SPEC, ...options });

Deno.test("no task may reach the network, foreign code, all of the environment or every file", () => {
  assert(COMMANDS.length >= 8);
  for (const [name, line] of COMMANDS) {
    assertStringIncludes(line, " --no-prompt ", name);
    assertEquals(
      / (-A|--allow-all|-N\b|--allow-net|--allow-ffi|-E |-S |-W |--allow-write |--allow-run )/.exec(line),
      null,
      name,
    );
    for (const [, folders] of line.matchAll(/ -W=(\S+)/g)) {
      for (const folder of folders.split(",")) {
        assertMatch(folder, /^(results|tests\/regression|core\/spec)$/);
      }
    }
  }
});

Deno.test("a run needs no more than its task gives it", async () => {
  const { code, err, left } = await task("run", ["spec.yaml", "--engine", "wasm", "--quiet"]);
  assertEquals([code, left], [0, ["in", "results", "spec.yaml"]], err);
});

for (
  const [what, name, args, prepare, message] of [
    [
      "--out above the folder",
      "run",
      ["--out", "../../x"],
      "true",
      /^\.\.\/\.\.\/x is outside of results: this task may only write below it\. Name a folder like results\/mine$/,
    ],
    [
      "--out that climbs out of results",
      "run",
      ["--out", "results/../y"],
      "true",
      /^results\/\.\.\/y is outside of results: /,
    ],
    [
      "an absolute --out",
      "run",
      ["--out", "/tmp/driftless-x"],
      "true",
      /^\/tmp\/driftless-x is outside of results: /,
    ],
    [
      "results as a link",
      "run",
      [],
      "mkdir ../other && ln -s ../other results",
      /^results is a symbolic link, which may lead out of results: replace it by a folder$/,
    ],
    [
      "a link below results",
      "run",
      [],
      "mkdir ../other results && ln -s ../../other results/tiny",
      /^results\/tiny is a symbolic link, /,
    ],
    [
      "a cache that is a link",
      "run",
      [],
      "mkdir ../other results && ln -s ../../other results/.cache",
      /^results\/\.cache is a symbolic link, /,
    ],
    [
      "a cached stage that is a link",
      "run",
      [],
      "mkdir -p ../other results/.cache && ln -s ../../../other results/.cache/train-0",
      /^results\/\.cache\/train-0 is a symbolic link, /,
    ],
    [
      "a link as a sweep's folder",
      "sweep",
      ["--set", "sweep={flow.hidden: [4]}", "--out", "results/l/s"],
      "mkdir ../other results && ln -s ../../other results/l",
      /^results\/l is a symbolic link, /,
    ],
  ] as const
) {
  Deno.test(`${what} is refused with a sentence, and nothing is written`, async () => {
    const { code, err, outside } = await task(name, ["spec.yaml", ...args], { prepare });
    assertMatch(err, message);
    assertEquals([code, err.split("\n").length], [2, 1]);
    assertEquals(outside.filter((entry) => entry !== "work" && entry !== "other"), []);
  });
}

Deno.test("a hostile name is refused at its line", async () => {
  for (const name of ["../../x", "/etc/x", "x".repeat(65), "результат"]) {
    const { code, err, left } = await task("run", ["spec.yaml"], {
      spec: SPEC.replace("name: tiny", `name: ${name}`),
    });
    assertMatch(
      err,
      /^spec\.yaml:1:7: name: is "[^\n]*": it must be 1 to 64 of a-z, 0-9 and "-", and start with a letter or a digit$/,
    );
    assertEquals([code, left], [2, ["in", "spec.yaml"]]);
  }
});

Deno.test("a report outside of results is refused with a sentence", async () => {
  const { code, err } = await task("report", [".."]);
  assertMatch(err, /^\.\. is outside of results: /);
  assertEquals(code, 2);
});

Deno.test("a file where the task may not read is refused at its line, with a sentence", async () => {
  const file = SPEC.replace(/background: .*/, "background: { kind: file, path: /elsewhere/v.npy }");
  for (
    const [spec, message] of [
      [
        "extends: /elsewhere/base.yaml\n",
        /^spec\.yaml:1:10: extends: is \/elsewhere\/base\.yaml, which cannot be read: this task is not given read access to it: see the tasks in deno\.json$/,
      ],
      [
        file,
        /^spec\.yaml:7:35: operator\.background\.path: this task is not given read access to "\/elsewhere\/v\.npy": see the tasks in deno\.json$/,
      ],
    ] as const
  ) {
    const { code, err } = await task("check", ["spec.yaml"], { spec, read: "." });
    assertMatch(err, message);
    assertEquals(code, 2);
  }
});
