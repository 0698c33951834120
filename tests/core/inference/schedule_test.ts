import { assert, assertEquals } from "@std/assert";
import { diverges, rateAt, withReading } from "../../../core/inference/schedule.ts";

const at = (step: number, epoch = 0, rollbacks = 0) => ({ step, epoch, rollbacks });

Deno.test("the rate rises linearly over the warm-up, then decays by epochs and halves at each rollback", () => {
  const settings = { warmUp: 4, decay: 0.1, decayEvery: 2 };
  assertEquals([0, 1, 2, 3, 4].map((step) => rateAt(8, at(step), settings)), [2, 4, 6, 8, 8]);
  assertEquals([1, 2, 3, 4].map((epoch) => rateAt(1, at(10, epoch), settings)), [1, 0.1, 0.1, 0.1 ** 2]);
  assertEquals([0, 1, 2].map((rollbacks) => rateAt(1, at(10, 0, rollbacks), settings)), [1, 0.5, 0.25]);
  assertEquals(rateAt(1, at(0), { ...settings, warmUp: 0 }), 1);
});

Deno.test("a loss that is not finite diverges at once, a high one where it stays high or ends an epoch", () => {
  const sound = [0.5, 0.1, -0.3, -0.4], within = { atEnd: false }, end = { atEnd: true };
  assert(!diverges(sound, within) && !diverges(sound, end));
  for (const loss of [NaN, Infinity]) assert(diverges([...sound, loss], within) && diverges([loss], within));
  assert(!diverges([...sound, 40], within), "one batch of outliers");
  assert(!diverges([...sound, 40, -0.4], within), "after one batch of outliers");
  assert(diverges([...sound, 40, 3.5], within));
  assert(diverges([...sound, 3.5], end));
  assert(!diverges([...sound, 2.8, 2.8], end), "within 3 nats per dimension of the median");
  assert(!diverges([50, 40], within) && !diverges([50], end), "there is no level yet");
  assert(!diverges([50, 1, 0.5], end), "a loss that falls");
});

Deno.test("nine readings are kept, the latest last", () => {
  const all = Array.from({ length: 20 }, (_, i) => i);
  assertEquals(all.reduce<number[]>(withReading, []), all.slice(-9));
});
