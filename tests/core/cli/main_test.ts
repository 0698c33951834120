import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandHelp, type CommandName, COMMANDS, programHelp } from "../../../core/cli/help.ts";
import { VALID } from "../spec/toys.ts";

const MAIN = fileURLToPath(new URL("../spec/toy_main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

function toy(args: readonly string[], cwd: string): Deno.Command {
  const command = ["run", "-A", "--no-check", "--config", CONFIG, MAIN, ...args];
  return new Deno.Command(Deno.execPath(), { args: command, cwd, stdout: "piped", stderr: "piped" });
}

/** Runs the toy command line in a fresh folder that holds `spec.yaml` alone; `left` is what it leaves there. */
async function cli(args: readonly string[], spec = VALID) {
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${cwd}/spec.yaml`, spec);
    const { code, stdout, stderr } = await toy(args, cwd).output();
    const left = [...Deno.readDirSync(cwd)].map(({ name }) => name);
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trimEnd());
    return { code, out, err, left };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test("a bad spec exits with 2, one line per issue, no stack trace, nothing written", async () => {
  const spec = VALID.replace("12.5 m", "12.5").replace("depth: 4", "dpeth: 4");
  const commands = ["run", "check", "sweep"];
  for (const result of await Promise.all(commands.map((name) => cli([name, "spec.yaml"], spec)))) {
    assertEquals(result, {
      code: 2,
      out: "",
      err: "spec.yaml:6:38: operator.grid.spacing.0: is 12.5 without a unit: write 12.5 m\n" +
        "spec.yaml:11:21: flow.dpeth: is not a key here: the keys are depth, hidden, kind; did you mean depth?",
      left: ["spec.yaml"],
    });
  }
});

Deno.test("run hands the spec and the flags to its command, whose exit code is the program's", async () => {
  const flags = ["--engine", "wasm", "--workers", "3", "--quiet"];
  assertEquals(await cli(["run", "spec.yaml", ...flags, "--set", "name=gate"]), {
    code: 3,
    out: "run gate wasm 3 true",
    err: "",
    left: ["spec.yaml"],
  });
});

Deno.test("a failed run is one sentence and exit code 1", async () => {
  const { code, err } = await cli(["run", "spec.yaml", "--set", "name=fails"]);
  assertEquals([code, err], [1, "The wavefield is not finite."]);
});

Deno.test("preflight stops a run before it starts", async () => {
  const { code, out, err } = await cli(["run", "spec.yaml", "--set", "operator.interval=5 ms"]);
  assertEquals([code, out], [2, ""]);
  assertStringIncludes(err, "--set:1:19: operator.interval: is too coarse: it must be at most 4 ms");
});

Deno.test("unknown commands, options and values are answered with the nearest one", async () => {
  const answers: [string[], string][] = [
    [["chekc", "spec.yaml"], "There is no command chekc: the commands are run, check, "],
    [["run", "spec.yaml", "--engin", "cpu"], "run has no option --engin: the options are --set, --engine"],
    [["run", "spec.yaml", "--engine", "wsam"], "--engine is wsam: it must be one of auto, webgpu, wasm, cpu"],
    [["run", "spec.yaml", "--workers", "0"], "--workers is 0: it must be a whole number from 1 to 1024"],
    [["run", "spec.yaml", "--out"], "--out needs a value: --out DIR"],
    [["run"], "run needs 1 SPEC: see deno task run --help"],
    [["check", "a.yaml", "b.yaml"], "check takes 1 SPEC, and 2 were given: a.yaml b.yaml"],
    [["plugins", "flwo"], "There is no slot flwo: the slots are "],
    [["sweep", "spec.yaml"], "spec.yaml has no sweep: add one"],
  ];
  const results = await Promise.all(answers.map(([args]) => cli(args)));
  for (const [i, { code, err }] of results.entries()) {
    assertEquals([code, err.slice(0, answers[i][1].length)], [2, answers[i][1]]);
  }
  assertMatch(results[0].err, /did you mean check\?$/);
  assertMatch(results[1].err, /did you mean --engine\?$/);
});

Deno.test("every command explains itself, with its exit codes", async () => {
  for (const name of Object.keys(COMMANDS) as CommandName[]) {
    for (const part of [`Usage: deno task ${name}`, "Options:", "Example:", "Exit codes:"]) {
      assertStringIncludes(commandHelp(name), part);
    }
  }
  const [program, command] = await Promise.all([cli(["--help"]), cli(["compare", "--help"])]);
  assertEquals([program.code, program.out, command.code], [0, programHelp().trimEnd(), 0]);
  assertEquals(command.out, commandHelp("compare").trimEnd());
});

Deno.test("check, schema and plugins answer without a run", async () => {
  const [check, json, schema, plugins] = await Promise.all([
    cli(["check", "spec.yaml"]),
    cli(["check", "spec.yaml", "--json"]),
    cli(["schema"]),
    cli(["plugins", "flow", "--json"]),
  ]);
  assertEquals([check.code, check.left], [0, ["spec.yaml"]]);
  assertStringIncludes(check.out, "nominal, more noise, noise x 1.5, 4 sources");
  assertEquals(JSON.parse(json.out).operator.interval, 0.001378);
  assertEquals(JSON.parse(schema.out).title, "driftless experiment");
  assertEquals(JSON.parse(plugins.out).length, 2);
});

Deno.test("a signal asks the run to stop, and gives the exit code", async () => {
  const cwd = await Deno.makeTempDir();
  await Deno.writeTextFile(`${cwd}/spec.yaml`, VALID);
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGUSR2", 75]] as const) {
    const child = toy(["run", "spec.yaml", "--set", "name=waits"], cwd).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill(signal);
    while (!(await reader.read()).done);
    await child.stderr.cancel();
    assertEquals((await child.status).code, code);
  }
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("cache hands its actions on, with sizes in bytes and times in milliseconds", async () => {
  assertEquals((await cli(["cache", "list"])).out, "cache list");
  assertEquals((await cli(["cache", "explain", "spec.yaml"])).out, "cache explain toy auto");
  const pruned = await cli(["cache", "prune", "--older-than", "30d", "--keep", "2 GB", "--dry-run"]);
  assertEquals(
    pruned.out,
    'cache prune {"olderThan":2592000000,"keep":2000000000,"all":false,"dryRun":true}',
  );
});

for (
  const [args, says] of [
    [["cache", "purge"], "cache cannot purge: it can list, explain, prune; did you mean prune?"],
    [["cache", "explain"], "cache explain takes one SPEC: see deno task cache --help"],
    [["cache", "prune", "spec.yaml"], "cache prune takes nothing more: see deno task cache --help"],
    [["cache", "prune", "--keep", "much"], "--keep is much: it must be a number and one of kB, MB, GB"],
    [
      ["run", "spec.yaml", "--shard", "1/2"],
      "--shard is 1/2: only the simulation has shards, add --only simulate",
    ],
    [
      ["run", "spec.yaml", "--only", "simulate", "--shard", "3/2"],
      "--shard is 3/2: it must be like 2/8, the second of eight parts",
    ],
    [
      ["run", "spec.yaml", "--only", "trian"],
      "--only is trian: it must be one of simulate, train; did you mean train?",
    ],
  ] as const
) {
  Deno.test(`${args.join(" ")}: a sentence and exit code 2`, async () => {
    assertEquals(await cli(args), { code: 2, out: "", err: says, left: ["spec.yaml"] });
  });
}

Deno.test("behind an option that takes a value stands its value, a dash in front of it or not", async () => {
  for (
    const [args, filters, flags] of [
      [["--csv", "-"], "", { csv: "-" }],
      [["--sort", "-corrected.snr", "x=1"], "x=1", { sort: "-corrected.snr" }],
      [["--limit", "-3"], "", { limit: "-3" }],
      [["--csv=-", "--", "--csv", "-"], "--csv,-", { csv: "-" }],
    ] as const
  ) {
    const { out, err } = await cli(["results", ...args]);
    const [, given, read] = /^results (.*?) (\{.*)$/.exec(out) ?? [];
    assertEquals([given, JSON.parse(read)], [filters, { ...flags, long: false, json: false }], err);
  }
  const { code, err } = await cli(["results", "--csv", "--json"]);
  assertEquals([code, err], [2, "--csv needs a value: --csv FILE"]);
});

Deno.test("a command that has nothing to keep ends at once by a signal, and says nothing", async () => {
  const child = toy(["results", "waits"], Deno.cwd()).spawn(), reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGINT");
  while (!(await reader.read()).done);
  assertEquals([(await child.status).signal, await new Response(child.stderr).text()], ["SIGINT", ""]);
});
