import { Oracle } from "./oracle.ts";
import type { Setting } from "./setting.ts";
import { type Batch, ShotSolver, type Solution } from "./shots.ts";
import { kernelFile, type Snapshots } from "./wasm/kernels.ts";
import type { Reply, Request } from "./worker.ts";

/** A number of independent propagators, each with its own cache slots; batches of one run in the order given. */
export interface Pool {
  /** Shots that each propagator still has to solve. */
  readonly load: readonly number[];
  run(propagator: number, batch: Batch): Promise<Solution>;
  close(): void;
}

/** What a closed pool answers. */
export const CLOSED = "Cannot solve with a survey that was closed: build a new one";

/** The f64 oracle on the calling thread, as a pool of one. */
export function oraclePool(setting: Setting): Pool {
  const solver = new ShotSolver(new Oracle(setting, { precision: "f64" }), setting);
  return {
    load: [0],
    run: (_, batch) => Promise.try(() => solver.solve(batch)),
    close: () => {},
  };
}

/** A pool of one that is opened when it is first needed. */
export function pooledLater(open: () => Promise<Pool>): Pool {
  let opened: Promise<Pool> | undefined, closed = false;
  return {
    load: [0],
    async run(propagator, batch) {
      if (closed) throw new Error(CLOSED);
      return await (await (opened ??= open())).run(propagator, batch);
    },
    close() {
      closed = true;
      opened?.then((pool) => pool.close(), () => {}); // who ran into the failure was told
    },
  };
}

interface WorkerOptions {
  readonly snapshots: Snapshots;
  /** Folder of a file for backgrounds; absent: they are kept in memory. */
  readonly scratch?: string;
}

/** The f32 kernels on `workers` Web Workers, each started when it is first needed. */
export function workerPool(
  setting: Setting,
  { workers, ...options }: WorkerOptions & { workers: number },
): Pool {
  const load = new Array<number>(workers).fill(0), started: (PropagatorWorker | undefined)[] = [];
  let closed = false;
  return {
    load,
    async run(i, batch) {
      if (closed) throw new Error(CLOSED);
      started[i] ??= new PropagatorWorker(setting, options);
      load[i] += batch.shots.length;
      try {
        return await started[i].solve(batch);
      } finally {
        load[i] -= batch.shots.length;
      }
    },
    close() {
      closed = true;
      for (const worker of started) worker?.close();
    },
  };
}

/** One worker and the replies that are still to come from it. */
class PropagatorWorker {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, PromiseWithResolvers<Solution | undefined>>();
  readonly #started: Promise<unknown>;
  #next = 0;
  #failure?: Error;

  constructor(setting: Setting, options: WorkerOptions) {
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#settle(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // else it would end the whole process
      this.#fail(`A wave propagation worker failed: ${event.message}`);
    };
    this.#started = Deno.readFile(kernelFile(setting.order))
      .then((code) => this.#post({ start: { setting, code, ...options } }));
    this.#started.catch(() => {}); // whoever solves first is told
  }

  /** Messages are sent in the order of the calls, so that a slot is filled before it is used. */
  async solve(batch: Batch): Promise<Solution> {
    await this.#started;
    return (await this.#post({ batch }))!;
  }

  #post(message: { start: unknown } | { batch: Batch }): Promise<Solution | undefined> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++, reply = Promise.withResolvers<Solution | undefined>();
    this.#waiting.set(id, reply);
    this.#worker.postMessage({ id, ...message } as Request);
    return reply.promise;
  }

  #settle({ id, solution, error }: Reply): void {
    const reply = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) reply?.resolve(solution);
    else reply?.reject(new Error(error));
  }

  /** Ends all that is asked of the worker, now and later. */
  #fail(message: string): void {
    this.#failure = new Error(message);
    for (const reply of this.#waiting.values()) reply.reject(this.#failure);
    this.#waiting.clear();
  }

  close(): void {
    this.#worker.terminate();
    this.#fail("The survey was closed while a shot was being solved");
  }
}
