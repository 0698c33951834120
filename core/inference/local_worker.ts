/// <reference lib="deno.worker" />
/** Entry point of a worker that eliminates: one problem on a wasm engine of its own, one member a request. */
import { openEngine } from "../engine/mod.ts";
import { localMember, type LocalProblem, type MemberRequest } from "./local_posterior.ts";

let problem: LocalProblem | undefined;

async function answer(data: LocalProblem | MemberRequest) {
  if ("hessian" in data) {
    await openEngine("wasm");
    problem = data;
    return {};
  }
  return await localMember(problem!, data);
}

self.onmessage = async ({ data }: MessageEvent<LocalProblem | MemberRequest>) => {
  self.postMessage(await answer(data).catch((error) => ({ error: String(error) })));
};
