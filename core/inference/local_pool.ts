import { type LocalMember, localMember, type LocalProblem, type Members } from "./local_posterior.ts";

/** Members one after another, on the engine that is open. */
export function membersHere(problem: LocalProblem, { signal }: { signal?: AbortSignal } = {}): Members {
  return async (requests) => {
    const members: LocalMember[] = [];
    for (const request of requests) {
      signal?.throwIfAborted();
      members.push(await localMember(problem, request));
    }
    return members;
  };
}

/**
 * Members on `workers` cores, each with a wasm engine of its own. A member goes to the first worker that is free, and
 * follows from its request alone. Several calls may be at work at once.
 */
export function memberPool(
  problem: LocalProblem,
  { workers, signal }: { workers: number; signal?: AbortSignal },
): { compute: Members; close(): void } {
  const script = new URL("./local_worker.ts", import.meta.url);
  const pool = Array.from({ length: workers }, () => new Worker(script, { type: "module" }));
  const idle: Worker[] = [], waiting: ((worker: Worker) => void)[] = [];
  const give = (worker: Worker) => {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };
  const take = () => {
    const worker = idle.shift();
    return worker ? Promise.resolve(worker) : new Promise<Worker>((resolve) => waiting.push(resolve));
  };
  const opened = Promise.all(pool.map(async (worker) => {
    await ask(worker, problem);
    give(worker);
  }));
  const compute: Members = async (requests) => {
    await opened;
    return await Promise.all(requests.map(async (request) => {
      const worker = await take();
      try {
        signal?.throwIfAborted();
        return await ask(worker, request) as LocalMember;
      } finally {
        give(worker);
      }
    }));
  };
  return { compute, close: () => pool.forEach((worker) => worker.terminate()) };
}

/** A worker's answer to one message; its failure is thrown here. */
function ask(worker: Worker, message: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      data.error ? reject(new Error(`An elimination failed: ${data.error}`)) : resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`A worker of eliminations failed: ${event.message}`));
    };
    worker.postMessage(message);
  });
}
