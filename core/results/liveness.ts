import type { RunRecord } from "./record.ts";

/**
 * Records in which a run whose process is gone is `dead` instead of `running`. `ps` knows the processes of this
 * machine. Runs on other machines, and all runs if `ps` cannot be called, keep the status `running`.
 */
export async function withLiveness(records: readonly RunRecord[]): Promise<RunRecord[]> {
  const suspects = records.filter(({ status, process }) =>
    status === "running" && process?.host === hostname()
  );
  const alive = suspects.length > 0 ? await living(suspects.map(({ process }) => process!.pid)) : undefined;
  return records.map((record) =>
    alive && suspects.includes(record) && !alive.has(record.process!.pid)
      ? { ...record, status: "dead" }
      : record
  );
}

function hostname(): string | undefined {
  try {
    return Deno.hostname();
  } catch {
    return undefined;
  }
}

/** Those of the processes that exist; undefined where that cannot be known. */
async function living(pids: readonly number[]): Promise<Set<number> | undefined> {
  try {
    const { stdout, stderr } = await new Deno.Command("ps", { args: ["-o", "pid=", "-p", pids.join(",")] })
      .output();
    if (stderr.length > 0) return undefined;
    return new Set(new TextDecoder().decode(stdout).split(/\s+/).filter(Boolean).map(Number));
  } catch {
    return undefined;
  }
}
