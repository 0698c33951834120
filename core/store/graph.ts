import { addressOf, type Identity, type StageCache } from "./cache.ts";
import type { SourcesOf } from "./sources.ts";
import { type PluginGroup, type StageKind, type StageName, STAGES } from "./stages.ts";
import { decodeValue, encodeValue } from "./stored_values.ts";

/**
 * A result that depends on its identity alone: the part of the spec that it reads, the results that it reads, the
 * files that it names, and the code and the engine that compute it. It is taken from the cache if it is there;
 * otherwise it is computed and stored.
 */
export interface Node<T = unknown> {
  readonly stage: StageName;
  readonly name: string;
  readonly address: ReturnType<typeof addressOf>;
  readonly upstream: readonly Node[];
  readonly transient: boolean;
  get(): Promise<T>;
  /** The result. `cached` is true if this run computed no part of it. */
  take(): Promise<{ value: T; cached: boolean }>;
}

interface NodeParts {
  /** The part of the spec that the result depends on. The digests of the files that it names are added. */
  readonly reads?: Readonly<Record<string, unknown>>;
  readonly upstream?: readonly Node[];
  /** Called after the result is stored; checkpoints can then be removed. */
  readonly stored?: (node: Node) => Promise<void>;
}

/** Makes the nodes of a run and determines which of them must be computed. */
export interface Graph {
  node<T>(stage: StageName, parts: NodeParts, compute: (node: Node) => Promise<T>): Node<T>;
  /** Names of the nodes that must be computed for all `targets`. Empty if everything is cached. */
  missing(targets: readonly Node[]): Promise<Set<string>>;
  /** Number of results computed so far, including those that are not stored. */
  computed(): number;
  /** The identity of a result. What a transient result depends on becomes part of the identity of its reader. */
  identity(stage: StageName, parts: NodeParts): Identity;
}

export interface GraphOptions {
  readonly cache: StageCache;
  readonly sourcesOf: SourcesOf;
  /** Entries of plugins' sources. */
  readonly plugins: Readonly<Record<PluginGroup, readonly string[]>>;
  readonly engine: { readonly tensors: string; readonly waves: string };
  /** Digests of the files that the spec names. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export function openGraph(options: GraphOptions): Graph {
  const { cache, engine, inputs, signal } = options, sourcesOf = stageSources(options);
  let computed = 0;
  const identity = (stage: StageName, { reads = {}, upstream = [] }: NodeParts): Identity => {
    const { engine: kind }: StageKind = STAGES[stage], passed = upstream.filter(({ transient }) => transient);
    const above = passed.map(({ address }) => address.identity), stageEngine = kind && engine[kind];
    return {
      stage,
      reads: Object.assign({}, reads, ...above.map((part) => ({ [part.stage]: part.reads }))),
      upstream: [
        ...upstream.filter(({ transient }) => !transient).map(({ name }) => name),
        ...above.flatMap((part) => part.upstream),
      ],
      files: Object.assign(filesIn(reads, inputs), ...above.map((part) => part.files)),
      engine: above.find((part) => part.engine === engine.tensors)?.engine ?? stageEngine,
      sources: Object.assign({}, sourcesOf(stage), ...above.map((part) => part.sources)),
    };
  };
  return {
    identity,
    node<T>(stage: StageName, parts: NodeParts, compute: (node: Node) => Promise<T>) {
      const address = addressOf(identity(stage, parts)), { upstream = [], stored } = parts;
      const made = async () => {
        computed++;
        return { value: await compute(node), cached: false };
      };
      const fromCache = async (): Promise<{ value: T; cached: boolean }> => {
        const files = await cache.load(address);
        if (files) return { value: decodeValue<T>(files), cached: true };
        return await cache.exclusively(address, async () => {
          const others = await cache.load(address);
          if (others) return { value: decodeValue<T>(others), cached: true };
          const result = await made();
          await cache.store(address, encodeValue(result.value));
          await stored?.(node);
          return result;
        });
      };
      const transient = (STAGES[stage] as StageKind).transient ?? false;
      let taken: Promise<{ value: T; cached: boolean }> | undefined;
      const node: Node<T> = {
        stage,
        name: address.name,
        address,
        upstream,
        transient,
        async take() {
          signal?.throwIfAborted();
          taken ??= transient ? made() : fromCache();
          return await taken;
        },
        get: async () => (await node.take()).value,
      };
      return node;
    },
    async missing(targets) {
      const missing = new Set<string>(), seen = new Set<string>();
      const visit = async (node: Node): Promise<void> => {
        if (seen.has(node.name)) return;
        seen.add(node.name);
        if (!node.transient && await cache.has(node.address)) return;
        missing.add(node.name);
        for (const above of node.upstream) await visit(above);
      };
      for (const target of targets) await visit(target);
      return missing;
    },
    computed: () => computed,
  };
}

/** The modules that write results to files. Every stage depends on them. */
const FORMAT = ["core/store/stored_values.ts"];

/** The sources of each stage, read when they are first asked for. */
export function stageSources(
  { sourcesOf, plugins }: Pick<GraphOptions, "sourcesOf" | "plugins">,
): (stage: StageName) => ReturnType<SourcesOf> {
  const sourcesByStage = new Map<StageName, ReturnType<SourcesOf>>();
  return (stage) => {
    const kind: StageKind = STAGES[stage];
    const sources = sourcesByStage.get(stage) ??
      sourcesOf([...FORMAT, ...kind.entries, ...kind.plugins.flatMap((group) => plugins[group])]);
    sourcesByStage.set(stage, sources);
    return sources;
  };
}

/** Digests of the files that a part of a spec names. */
function filesIn(reads: unknown, inputs: Readonly<Record<string, string>>): Record<string, string> {
  if (typeof reads === "string") return Object.hasOwn(inputs, reads) ? { [reads]: inputs[reads] } : {};
  if (reads === null || typeof reads !== "object") return {};
  return Object.assign({}, ...Object.values(reads).map((part) => filesIn(part, inputs)));
}
