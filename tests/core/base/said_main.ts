/** Says a lot on stdout and stderr, or works on whoever asks it to stop. */
import { stoppable } from "../../../core/base/stop.ts";
import { openTerminal } from "../../../core/base/terminal.ts";

const terminal = openTerminal();
if (Deno.args[0] === "works") {
  const work = () => new Promise<number>(() => setInterval(() => {}, 1000));
  setTimeout(() => terminal.print("working"));
  await stoppable(work, { terminal });
}
for (let i = 0; i < 2000; i++) {
  terminal.print("a line of output that is nearly as long as a terminal has columns in a row");
  terminal.say("a line that stays");
}
