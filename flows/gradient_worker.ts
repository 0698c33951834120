/// <reference lib="deno.worker" />
/** Entry point of a training worker: the flow on a wasm engine of its own, for one part of each batch. */
import type { Flow } from "../core/contracts/flow.ts";
import type { GradientRequest } from "../core/contracts/gradient.ts";
import { openEngine } from "../core/engine/mod.ts";
import { gradientServer } from "./gradient_server.ts";
import { plugins } from "./plugins.ts";

const answer = gradientServer(async ({ kind, ...options }, shapes) => {
  await openEngine("wasm");
  const network = plugins.find((plugin) => plugin.slot === "flow" && plugin.kind === kind)!;
  return await network.build(options, shapes) as Flow;
});

self.onmessage = async ({ data }: MessageEvent<GradientRequest>) => self.postMessage(await answer(data));
