/** What the command line accepts, as data: parsing, `--help` and suggestions all read it. */

interface Option {
  /** Name of the value in help; absent for a flag. */
  readonly value?: string;
  readonly about: string;
}

export const OPTIONS = {
  set: {
    value: "KEY.PATH=VALUE",
    about: "Override one value of the spec, in quotes for the shell; may be repeated.",
  },
  engine: { value: "auto|webgpu|wasm|cpu", about: "Tensor engine (default auto)." },
  workers: { value: "N", about: "Workers for wave physics (default: one per core)." },
  memory: { value: "SIZE", about: "For background wavefields, like 8 GB (default: 60 % of what is free)." },
  launch: { value: "local|slurm", about: "Where it runs; --set launch.KEY=VALUE says more." },
  jobs: { value: "N", about: "Trials at once on this machine, each with its share of cores and memory." },
  extend: { about: "Go on with a sweep whose space has changed." },
  detach: { about: "Submit to Slurm and leave; the same command or --collect takes it up again." },
  status: { about: "Tell how the sweep stands, from its files and the queue." },
  cancel: { about: "End the sweep's jobs in the queue." },
  collect: { about: "Note what has ended, and show the table; start nothing." },
  out: { value: "DIR", about: "Run folder (default results/<name>/<UTC>-<hash>)." },
  only: {
    value: "simulate|train",
    about: "Compute so far into the cache, without scenarios or a run folder.",
  },
  shard: { value: "I/N", about: "With --only simulate: the I-th of N parts of the training pairs." },
  shards: {
    value: "N",
    about: "With --launch slurm: simulate in N jobs, then run in one that waits for them.",
  },
  "older-than": { value: "TIME", about: "Prune what was not used for so long, like 30d or 12h." },
  keep: { value: "SIZE", about: "Prune what was used least, down to a size like 20 GB." },
  all: { about: "Prune everything that no running process works on." },
  "dry-run": { about: "Only say what would be removed." },
  quiet: { about: "No progress, only the lines that stay." },
  json: { about: "Machine-readable output." },
  sort: { value: "COLUMN", about: "Order of the rows (default time); -COLUMN for the largest first." },
  columns: { value: "A,B,C", about: "Columns to show or export, in this order." },
  limit: { value: "N", about: "The first N rows alone." },
  long: { about: "One row a run, scenario, method and metric." },
  csv: { value: "FILE", about: "Write every column as CSV; - prints it." },
  parquet: { value: "FILE", about: "Write every column as Parquet." },
  html: { value: "FILE", about: "The page to write (default results/compare-<hash>.html)." },
  resolved: { about: "First the resolved spec, every value with who wrote it." },
  write: { about: "Write core/spec/experiment.schema.json instead of printing it." },
  update: { about: "Accept the present numbers as the new reference." },
  help: { about: "Show this help." },
} as const satisfies Record<string, Option>;

type OptionName = keyof typeof OPTIONS;

export interface Command {
  readonly about: string;
  /** Positional arguments: how many, and their name in help. */
  readonly takes: { readonly min: number; readonly max: number; readonly name: string };
  readonly options: readonly OptionName[];
  readonly example: string;
}

const one = (name: string) => ({ min: 1, max: 1, name });
const none = { min: 0, max: 0, name: "" };

export const COMMANDS = {
  run: {
    about: "Simulate, train, correct, judge and report one experiment.",
    takes: one("SPEC"),
    options: [
      ...["set", "engine", "workers", "memory", "out", "only", "shard"] as const,
      ...["launch", "shards", "quiet", "help"] as const,
    ],
    example: "run experiments/prior-shift.yaml --set training.epochs=4",
  },
  check: {
    about: "Validate a spec and run its preflight checks; computes and writes nothing.",
    takes: one("SPEC"),
    options: ["set", "resolved", "workers", "memory", "json", "help"],
    example: 'check experiments/prior-shift.yaml --set "noise.level.snr=10 dB"',
  },
  sweep: {
    about: "Run the trials of a spec's `sweep`; run it again to go on where it stopped.",
    takes: one("SPEC"),
    options: [
      ...["set", "launch", "jobs", "extend", "detach", "status", "cancel", "collect"] as const,
      ...["engine", "workers", "memory", "out", "quiet", "help"] as const,
    ],
    example: "sweep experiments/sweep-correction.yaml --jobs 2",
  },
  cache: {
    about: "List, explain or prune what runs keep in results/.cache: list, explain SPEC, prune.",
    takes: { min: 1, max: 2, name: "ACTION" },
    options: ["set", "engine", "older-than", "keep", "all", "dry-run", "json", "help"],
    example: "cache explain experiments/prior-shift.yaml --set correction.passes=4",
  },
  report: {
    about: "Write report.html and the figures of a finished run again.",
    takes: one("RUN_FOLDER"),
    options: ["help"],
    example: "report results/prior-shift/20260101T120000Z-1a2b3c4d",
  },
  results: {
    about: "List runs and sweep trials: filter by any column, sort, choose columns, export.",
    takes: { min: 0, max: Infinity, name: "FILTER" },
    options: ["sort", "columns", "limit", "long", "json", "csv", "parquet", "help"],
    example:
      "results name=prior-shift status=complete 'corrected.snr>=9' since=2026-01-01 --sort=-corrected.snr",
  },
  compare: {
    about:
      "Set runs side by side: what differs in their specs, metrics, curves, pictures; as text and as a page.",
    takes: { min: 1, max: Infinity, name: "RUN_OR_SWEEP_FOLDER" },
    options: ["json", "html", "help"],
    example:
      "compare results/prior-shift/20260101T120000Z-1a2b3c4d results/prior-shift/20260102T120000Z-5e6f7a8b",
  },
  schema: {
    about: "Print the JSON Schema of a spec, for completion in editors.",
    takes: none,
    options: ["write", "help"],
    example: "schema --write",
  },
  plugins: {
    about: "List every component kind with its fields, units and defaults.",
    takes: { min: 0, max: 1, name: "SLOT" },
    options: ["json", "help"],
    example: "plugins operator",
  },
  regress: {
    about: "Run the reference experiments and compare their numbers with the recorded ones.",
    takes: { min: 0, max: Infinity, name: "NAME" },
    options: ["update", "json", "help"],
    example: "regress born-small",
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;

const EXIT_CODES = `Exit codes:
  0  done                        4        numbers regressed
  1  the run failed              75       preempted: run it again to go on
  2  bad spec or usage           130/143  stopped by a signal after a checkpoint
  3  a gate failed
`;

/** Help of the whole program. */
export function programHelp(): string {
  const rows = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(8)}  ${about}`);
  return `Usage: deno task COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands:\n${rows.join("\n")}

Every command explains itself with --help.\n\n${EXIT_CODES}`;
}

/** Help of one command: usage, options, an example, exit codes. */
export function commandHelp(name: CommandName): string {
  const { about, takes, options, example }: Command = COMMANDS[name];
  const argument = takes.min === 0 ? (takes.max > 0 ? ` [${takes.name}]` : "") : ` ${takes.name}`;
  const many = takes.max === Infinity ? "..." : "";
  const rows = options.map((option) => {
    const { value, about }: Option = OPTIONS[option];
    return `  ${`--${option}${value ? ` ${value}` : ""}`.padEnd(31)}  ${about}`;
  });
  return `Usage: deno task ${name}${argument}${many} [OPTIONS]\n\n${about}\n
Options:\n${rows.join("\n")}\n\nExample:\n  deno task ${example}\n\n${EXIT_CODES}`;
}
