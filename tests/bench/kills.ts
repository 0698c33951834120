/**
 * Kills a small run at 50 random moments, each followed by a run to the end, and tells how many ended with the very
 * summary of an undisturbed run, and how many training steps were taken again: `deno run -A tests/bench/kills.ts`.
 */
import { killRuns } from "../core/run/kills.ts";

const kills = Number(Deno.args[0] ?? 50);
const outcomes = await killRuns({
  kills,
  seed: 1,
  told: ({ after, equal, lost }) =>
    console.log(
      `killed after ${after.toFixed(2)} s: ${equal ? "equal" : "DIFFERENT"}, ${lost} steps taken again`,
    ),
});
const equal = outcomes.filter((outcome) => outcome.equal).length;
const lost = outcomes.map((outcome) => outcome.lost);
console.log(
  `${equal} of ${kills} equal; steps taken again: ${lost.reduce((a, b) => a + b, 0)}, at most ${
    Math.max(...lost)
  }`,
);
Deno.exit(equal === kills ? 0 : 1);
