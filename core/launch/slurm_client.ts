/** Slurm's commands, as far as a sweep needs them. */
export interface SlurmClient {
  /** Submits a script; the id of its job. */
  submit(script: string, options?: { after?: string }): Promise<string>;
  /** States of this user's jobs that the controller still knows, by `job_index`; pending ones too. */
  states(): Promise<Map<string, string>>;
  cancel(jobs: readonly string[]): Promise<void>;
}

/** States in which an element of an array may still come to its end. */
export const ALIVE: ReadonlySet<string> = new Set([
  ...["PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "PREEMPTED", "REQUEUED"],
  ...["REQUEUE_HOLD", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED"],
]);

/** A client waits for minutes where no controller answers: it is ended before that. */
const TIMEOUT_MS = 30_000;

/** The commands of the cluster that this machine can submit to. */
export function slurmClient(): SlurmClient {
  return {
    async submit(script, { after } = {}) {
      const dependency = after === undefined ? [] : [`--dependency=afterok:${after}`];
      const [id] = (await ask("sbatch", ["--parsable", ...dependency, script])).trim().split(";");
      return id;
    },
    async states() {
      const text = await ask("squeue", [
        "--noheader",
        "--array",
        "--me",
        "--states=all",
        "--format=%F|%K|%T",
      ]);
      const rows = text.trim().split("\n").filter(Boolean).map((line) => line.split("|"));
      return new Map(rows.map(([job, index, state]) => [`${job}_${index}`, state]));
    },
    async cancel(jobs) {
      if (jobs.length > 0) await ask("scancel", jobs);
    },
  };
}

async function ask(program: string, args: readonly string[]): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let output: Deno.CommandOutput;
  try {
    // In a process group of its own: Ctrl-C, which ends the sweep, must not end a submission on its way.
    output = await new Deno.Command(program, { args: [...args], stdin: "null", signal, detached: true })
      .output();
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable;
    if (missing) throw new Error(`There is no ${program} here: launch: slurm needs Slurm's client commands.`);
    throw error;
  }
  if (signal.aborted) throw new Error(`${program} did not answer within ${TIMEOUT_MS / 1000} s.`);
  if (!output.success) {
    const said = new TextDecoder().decode(output.stderr).trim().split("\n")[0];
    throw new Error(`${program} refused: ${said || `exit code ${output.code}`}`);
  }
  return new TextDecoder().decode(output.stdout);
}
