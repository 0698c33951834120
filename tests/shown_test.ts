import { assert, assertEquals } from "@std/assert";
import { type Host, main, readFlags } from "../core/cli/main.ts";
import { type CommandName, COMMANDS, OPTIONS } from "../core/cli/help.ts";
import { regressionSpecs } from "../core/results/regress.ts";
import { encodeNpy } from "../core/data/npy.ts";
import { openTerminal } from "../core/base/terminal.ts";
import { registry } from "../mod.ts";
import { inCheckout } from "./core/cli/checkout.ts";
import { finish, start } from "./core/run/program.ts";
import { TASKS } from "./core/cli/task.ts";
import { type Shown, shownCommands, shownOptions, wordsOf } from "./shown.ts";
import { sizeOf } from "../core/base/shape.ts";

/** What placeholders of the docs become: a spec, two finished runs, and a folder that has every file asked of it. */
interface Scratch {
  readonly spec: string;
  readonly runs: readonly string[];
  readonly data: string;
}

const SPEC = `name: shown
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 6, columns: 4 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 16 }
training: { pairs: 64, epochs: 2 }
correction: { kind: diagonal, passes: 2, encoding: shots }
evaluation: { observations: 1, samples: 32, metrics: [snr, crps], baselines: [], detection: 0 }
sweep: { correction.passes: [1, 2] }
`;

/** Shapes of the published files of a benchmark: five observations of eight numbers, five parameters. */
const PUBLISHED: Readonly<Record<string, readonly number[]>> = {
  "observations.npy": [5, 8],
  "true_parameters.npy": [5, 5],
  "reference_posterior.npy": [5, 64, 5],
};

/** Placeholders of the docs by what they become; what is in brackets may be left out, and is. */
function substituted(line: string, { spec, runs, data }: Scratch): string[] {
  let next = 0;
  const rules: readonly (readonly [RegExp, (word: string) => string[]])[] = [
    [/^SPEC$|^\/path\/to\/spec\.yaml$/, () => [spec]],
    // The task runner's own option: which project's tasks these are.
    [/^--config$|^\/path\/to\/deno\.json$/, () => []],
    [/=FOLDER\/[\w.]+$/, (word) => [word.replace("FOLDER/", `${data}/`)]],
    [/^(RUN_)?FOLDER$|^results\/[\w-]+\/\d{8}T\d{6}Z-[0-9a-f]{8}$/, () => [runs[next++ % 2]]],
    [/^RUN_OR_SWEEP_FOLDER$/, () => [...runs]],
    [/^FILE$/, () => ["results/file"]],
    [/^ACTION$/, () => ["list"]],
    [/^\.\.\.$/, () => []],
    [/^<command>$|^COMMAND$/, () => ["plugins"]],
  ];
  const words = wordsOf(line.replace(/\[[A-Za-z_]+(\.\.\.)?\](\.\.\.)?/g, ""));
  return words.map((word) => /^[A-Z_]+\.\.\.$/.test(word) ? word.slice(0, -3) : word)
    .flatMap((word) => rules.find(([rule]) => rule.test(word))?.[1](word) ?? [word]);
}

/** These would compute for long or write into the sources: they are read as ever, and their specs checked. */
const READ_ONLY = ["run", "sweep", "regress", "schema"];

async function read(words: readonly string[]): Promise<{ code: number; said: string }> {
  let said = "";
  const into = {
    rewrites: false,
    write: (text: string) => said += text,
    size: () => ({ columns: 80, rows: 24 }),
  };
  const done = () => Promise.resolve(0);
  const regress = async (names: readonly string[]) =>
    (await regressionSpecs("tests/regression", names)).length && 0;
  const commands = { run: done, sweep: done, regress } as unknown as Host["commands"];
  const host = { registry, commands, terminal: openTerminal({ out: into, err: into }) };
  return { code: await main(words.filter((word) => word !== "--write"), host), said };
}

/** Runs a task as it stands in deno.json, in the folder. */
async function ran(words: readonly string[]): Promise<{ code: number; said: string }> {
  const args = ["task", "-q", ...words];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  return { code, said: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}

/** Why a command line that people are shown does not do what it should; nothing where it does. */
async function fault({ text, where }: Shown, scratch: Scratch): Promise<string | undefined> {
  for (const [, name] of text.matchAll(/=FOLDER\/([\w.]+)/g)) {
    const shape = PUBLISHED[name];
    if (!shape) return `${where}: ${text}: no rule tells what ${name} is`;
    await Deno.writeFile(
      `${scratch.data}/${name}`,
      encodeNpy(Float32Array.from({ length: sizeOf({ shape }) }, (_, i) => i % 7 - 3), shape),
    );
  }
  const words = substituted(text, scratch), task = words[words.indexOf("task") + 1];
  const args = words.slice(words.indexOf("task") + 2), line = TASKS[task];
  if (line === undefined) return `${where}: ${text}: deno.json has no task ${task}`;
  if (!Object.hasOwn(COMMANDS, task)) return await developing(task, args) ? undefined : `${where}: ${text}`;
  if (!line.endsWith(` mod.ts ${task}`)) return `${where}: ${text}: the task runs ${line}`;
  // A sentence names a command; what it takes is said elsewhere.
  const { takes } = COMMANDS[task as keyof typeof COMMANDS];
  const named = args.length === 0 && takes.min > 0 ? ["--help"] : args;
  const { code, said } = await (READ_ONLY.includes(task) ? read : ran)([task, ...named]);
  return code === 0 ? undefined : `${where}: ${words.join(" ")}: exit code ${code}: ${said}`;
}

/** Whether a task of development has what is asked of it: these take long, or are the tests themselves. */
async function developing(task: string, names: readonly string[]): Promise<boolean> {
  if (task !== "bench") return names.length === 0;
  const known = names.map((name) => Deno.stat(`tests/bench/${name}.ts`).then(() => true, () => false));
  return (await Promise.all(known)).every(Boolean);
}

async function finishedRun(folder: string, seed: number): Promise<string> {
  const out = `results/shown/${seed}`;
  const args = [
    "run",
    "spec.yaml",
    "--engine",
    "wasm",
    "--workers",
    "1",
    "--set",
    `seed=${seed}`,
    "--out",
    out,
  ];
  const { code, err } = await finish(start(folder, args));
  assertEquals(code, 0, err);
  return out;
}

Deno.test("every command line that README, docs, specs and help show does what it says", () =>
  inCheckout(async (folder) => {
    const runs = await Promise.all([3, 4].map((seed) => finishedRun(folder, seed)));
    const before = Deno.cwd(), all = await shownCommands(), faults: string[] = [];
    assert(all.length > 40, `${all.length} were found`);
    Deno.chdir(folder);
    try {
      const distinct = [...new Map(all.map((shown) => [shown.text, shown])).values()];
      for (const shown of distinct) {
        faults.push(await fault(shown, { spec: "spec.yaml", runs, data: folder }) ?? "");
      }
    } finally {
      Deno.chdir(before);
    }
    assertEquals(faults.filter(Boolean).join("\n"), "");
  }, { files: { "spec.yaml": SPEC } }));

/** Options of Deno's and Slurm's own are those that the tasks and the launchers use. */
async function foreignOptions(): Promise<string> {
  const files = [
    "deno.json",
    "core/launch/program.ts",
    "core/launch/slurm_script.ts",
    "core/launch/slurm_client.ts",
  ];
  return (await Promise.all(files.map((name) => Deno.readTextFile(new URL(`../${name}`, import.meta.url)))))
    .join();
}

/** Whether every command that has an option reads what is shown, up to the placeholder that help shows too. */
function isRead(text: string, name: keyof typeof OPTIONS): boolean {
  const [, value] = wordsOf(text), option: { about: string; value?: string } = OPTIONS[name];
  if (value === undefined || value.toLowerCase() === option.value?.toLowerCase()) return true;
  const takers = Object.keys(COMMANDS).filter((command) =>
    (COMMANDS[command as CommandName].options as readonly string[]).includes(name)
  );
  return takers.every((command) => {
    const { min } = COMMANDS[command as CommandName].takes;
    const flags = readFlags(command as CommandName, [...Array(min).fill("x"), ...wordsOf(text)]);
    return [flags[name]].flat().includes(value);
  });
}

Deno.test("every option that a sentence shows is one, and takes the value that is shown", async () => {
  const foreign = await foreignOptions(), shown = await shownOptions();
  assert(shown.length > 30, `${shown.length} were found`);
  for (const { text, where } of shown) {
    const [, name] = /^--([^= ]+)/.exec(text)!, own = Object.hasOwn(OPTIONS, name);
    assert(own ? isRead(text, name as keyof typeof OPTIONS) : foreign.includes(text), `${where}: ${text}`);
  }
});
