import type { SlurmLaunch } from "../contracts/spec.ts";

/** Share of a job's memory that wavefields may take. */
const WAVEFIELD_SHARE = 0.6;

/**
 * The signal to write a checkpoint is sent this many seconds before the time limit. Slurm may send it up to a minute
 * earlier.
 */
const WARNING_S = 30;

interface ArrayJob {
  readonly name: string;
  readonly elements: number;
  /** Absolute: where the job works, and its log folder, which must exist or the job fails without a word. */
  readonly cwd: string;
  readonly logs: string;
  readonly settings: SlurmLaunch;
  /** Shell lines that do the work of element `$SLURM_ARRAY_TASK_ID`; see `jobScript`. */
  readonly body: readonly string[];
}

/** Script of a job array. `run PROGRAM ...` in its body runs a program, and leaves its exit code in `$code`. */
export function jobScript({ name, elements, cwd, logs, settings, body }: ArrayJob): string {
  const { partition, account, time, memory, cores, concurrency, setup } = settings;
  const options = [
    `--job-name=${name}`,
    `--array=1-${elements}%${concurrency}`,
    "--requeue",
    "--open-mode=append",
    "--ntasks=1",
    `--cpus-per-task=${cores}`,
    `--mem=${Math.ceil(memory / 2 ** 20)}M`,
    `--time=${time}`,
    `--signal=B:USR2@${WARNING_S}`,
    `--chdir=${cwd}`,
    `--output=${logs}/slurm-%A_%a.log`,
    ...partition === undefined ? [] : [`--partition=${partition}`],
    ...account === undefined ? [] : [`--account=${account}`],
  ];
  return ["#!/bin/bash", ...options.map((option) => `#SBATCH ${option}`), ...setup, RUN, ...body, ""].join(
    "\n",
  );
}

/** What a run may take of its job. */
export function shareOf({ memory }: SlurmLaunch): string {
  const megabytes = Math.floor(WAVEFIELD_SHARE * memory / 1e6);
  return `--workers "$SLURM_CPUS_ON_NODE" --memory '${megabytes} MB'`;
}

/**
 * Slurm warns the shell alone (B:USR2), which passes it on; SIGTERM reaches all processes of a job by itself, and the
 * shell must outlive it until the run has its checkpoint. A wait that a signal interrupts is taken up again; the last one
 * gives the run's own code, where the shell has not told it before (127). A run that a warning has stopped, at a
 * checkpoint (exit code 75) or before it could listen (128 + SIGUSR2), is queued again.
 */
const RUN = `run() {
  local child= warned= again
  trap 'warned=1; [ -z "$child" ] || kill -USR2 "$child" 2>/dev/null' USR2
  trap : TERM INT
  "$@" &
  child=$!
  [ -z "$warned" ] || kill -USR2 "$child" 2>/dev/null
  wait "$child"; code=$?
  while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
  wait "$child" 2>/dev/null; again=$?
  [ "$again" = 127 ] || code=$again
  [ "$code" != 140 ] || code=75
  if [ "$code" = 75 ]; then scontrol requeue "$SLURM_JOB_ID"; exit 75; fi
}`;

/** A word of a shell line, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
