import { assertEquals, assertStringIncludes } from "@std/assert";
import { chooseEngine, openEngine } from "../../../core/engine/mod.ts";

const gpu = { description: "a real GPU", fallback: false };
const software = { description: "llvmpipe", fallback: true };

Deno.test("auto takes WebGPU on a real adapter only", () => {
  assertEquals(chooseEngine("auto", gpu), { name: "webgpu", reason: "a real GPU" });
  assertEquals(chooseEngine("auto", software).name, "wasm");
  assertStringIncludes(chooseEngine("auto", software).reason, "llvmpipe");
  assertEquals(chooseEngine("auto", undefined).name, "wasm");
});

Deno.test("an engine asked for by name is not second-guessed", () => {
  assertEquals(chooseEngine("webgpu", software).name, "webgpu");
  assertEquals(chooseEngine("cpu", gpu).name, "cpu");
  assertEquals(chooseEngine("wasm", gpu).name, "wasm");
});

Deno.test("opening an engine prints nothing", async () => {
  const script = `const e = await import(${
    JSON.stringify(import.meta.resolve("../../../core/engine/mod.ts"))
  });
    await e.openEngine("cpu"); e.tensor(Float32Array.of(1), [1]);
    await e.openEngine("wasm"); e.tensor(Float32Array.of(1), [1]);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  assertEquals(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), "");
});

Deno.test("the opened engine says its name", async () => {
  assertEquals((await openEngine("wasm")).name, "wasm");
});
