import { assertLess } from "@std/assert";
import { openEngine } from "../../core/engine/mod.ts";
import { rootKey } from "../../core/base/random.ts";
import { fitDensity, heldOut, mixture, mixtureEntropy, planeFlow } from "./densities.ts";

await openEngine("wasm");

Deno.test("a spline flow reaches the entropy of a Gaussian mixture on held-out points", async () => {
  const flow = planeFlow({ depth: 4 });
  const params = await fitDensity(flow, mixture, { key: rootKey(1), steps: 300 });
  const { mean } = await heldOut(flow, params, { target: mixture, key: rootKey(2) });
  assertLess(Math.abs(mean - mixtureEntropy()), 0.05);
});
