import { c2st } from "../../core/metrics/mod.ts";
import { fold, normals64, rootKey } from "../../core/base/random.ts";
import type { Measurement } from "./main.ts";

const SAMPLES = 2000, SIZES = [2, 5];

/** Seconds of C2ST of twice as many samples of one normal, and its accuracy, for several numbers of unknowns. */
export function* bench(): Iterable<Measurement> {
  for (const size of SIZES) {
    const key = fold(rootKey(61), size), name = `C2ST of 2 x ${SAMPLES} samples, ${size} unknowns`;
    const [x, y] = ["x", "y"].map((set) => normals64(fold(key, set), SAMPLES * size));
    const started = performance.now(), { accuracy } = c2st({ x, y, size }, key);
    yield { name, value: (performance.now() - started) / 1000, unit: "s" };
    yield { name: `${name}: accuracy`, value: accuracy, unit: "" };
  }
}
