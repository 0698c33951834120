import { join, resolve } from "node:path";
import type { SlurmLaunch } from "../contracts/spec.ts";
import { writeAtomic } from "../base/files.ts";
import { type Launcher, type SubmittedEvent, type TrialEnd, trialPaths } from "./launcher.ts";
import { runProgram } from "./program.ts";
import { ALIVE, type SlurmClient, slurmClient } from "./slurm_client.ts";
import { jobScript, quoted, shareOf } from "./slurm_script.ts";

/** Where a trial was submitted: element `index`, from 1, of the array `job`. */
interface Element {
  readonly job: string;
  readonly index: number;
}

interface SlurmOptions {
  readonly name: string;
  readonly settings: SlurmLaunch;
  readonly engine: string;
  /** Trials that one may submit before others have ended. */
  readonly slots: number;
  readonly signal: AbortSignal;
  /** Submit, and wait for nothing. */
  readonly detach: boolean;
  readonly submitted: ReadonlyMap<string, Element>;
  /** Told of each array. */
  onSubmit(job: string, ids: readonly string[]): void;
  readonly client?: SlurmClient;
  readonly pollMs?: number;
}

/** Trials as elements of job arrays; those that an earlier process submitted are found again. */
export function slurmLauncher(folder: string, options: SlurmOptions): Launcher {
  const { client = slurmClient(), signal, pollMs = 5000 } = options;
  const elements = new Map(options.submitted), poll = poller({ client, pollMs });
  return {
    slots: options.slots,
    detached: true,
    async launch(ids) {
      const alive = await client.states();
      const lost = ids.filter((id) => !isAlive(elements.get(id), alive));
      if (lost.length > 0) {
        const job = await submitArray(folder, { ids: lost, client, options });
        lost.forEach((id, i) => elements.set(id, { job, index: i + 1 }));
        options.onSubmit(job, lost);
      }
      if (options.detach) return ids.map((id) => Promise.resolve({ id, stopped: true }));
      return ids.map((id) => ended(folder, { id, element: elements.get(id)!, poll, signal }));
    },
  };
}

/** The array elements in the log of a sweep. For a trial that was submitted twice, the later one counts. */
export function submittedOf(events: readonly { readonly event: string }[]): Map<string, Element> {
  return new Map(
    events.filter(isSubmitted).flatMap(({ job, ids }) =>
      ids.map((id, i) => [id, { job, index: i + 1 }] as const)
    ),
  );
}

function isSubmitted(event: { readonly event: string }): event is SubmittedEvent {
  return event.event === "submitted";
}

export function isAlive(element: Element | undefined, states: ReadonlyMap<string, string>): boolean {
  return element !== undefined && ALIVE.has(states.get(`${element.job}_${element.index}`) ?? "");
}

async function submitArray(
  folder: string,
  { ids, client, options: { name, settings, engine } }: {
    ids: readonly string[];
    client: SlurmClient;
    options: SlurmOptions;
  },
): Promise<string> {
  const logs = resolve(folder, "log"), list = join(logs, `${crypto.randomUUID().slice(0, 8)}.trials`);
  await writeAtomic(list, ids.join("\n") + "\n");
  const body = trialBody(resolve(folder), { list, settings, engine });
  const script = `${list}.sh`, cwd = Deno.cwd(), elements = ids.length;
  await writeAtomic(script, jobScript({ name, elements, cwd, logs, settings, body }));
  return await client.submit(script);
}

/** One trial in a job. The shell does the work of `localLauncher`, so a job needs the run alone. */
function trialBody(
  folder: string,
  { list, settings, engine }: { list: string; settings: SlurmLaunch; engine: string },
): string[] {
  const program = runProgram([]).map(quoted).join(" ");
  const { spec, part, done, log, exit } = trialPaths(".", "$id");
  return [
    `id=$(sed -n "\${SLURM_ARRAY_TASK_ID}p" ${quoted(list)})`,
    `folder=${quoted(folder)}`,
    `exec >>"$folder/${log}" 2>&1`,
    `[ -e "$folder/${done}/summary.json" ] && exit 0`,
    `rm -rf "$folder/${part}" "$folder/${exit}"`,
    `run ${program} "$folder/${spec}" --out "$folder/${part}" ${
      shareOf(settings)
    } --engine ${engine} --quiet`,
    `case $code in`,
    `  0|3) mv -T "$folder/${part}" "$folder/${done}" ;;`,
    `  130|143) ;;`,
    `  *) echo "$code" >"$folder/${exit}" ;;`,
    `esac`,
    `exit "$code"`,
  ];
}

/** Asks the queue once for all that wait, every `pollMs`. */
function poller({ client, pollMs }: { client: SlurmClient; pollMs: number }) {
  let round: Promise<ReadonlyMap<string, string>> | undefined;
  return () =>
    round ??= new Promise((resolve) => setTimeout(resolve, pollMs)).then(() => {
      round = undefined;
      return client.states();
    });
}

/** Waits for a trial's files, or until the queue has twice not known its job any more. */
async function ended(
  folder: string,
  { id, element, poll, signal }: {
    id: string;
    element: Element;
    poll: () => Promise<ReadonlyMap<string, string>>;
    signal: AbortSignal;
  },
): Promise<TrialEnd> {
  const { done, exit } = trialPaths(folder, id);
  for (let gone = 0; gone < 2;) {
    if (await exists(join(done, "summary.json")) || await exists(exit)) return { id };
    if (signal.aborted) return { id, stopped: true };
    const states = await poll();
    if (isAlive(element, states)) gone = 0;
    else gone++;
  }
  const { job, index } = element;
  if (await exists(join(done, "summary.json")) || await exists(exit)) return { id };
  return { id, reason: `element ${index} of job ${job} left the queue without a result` };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
