/** A command line over the toy plugins; its commands say what they were asked for. */
import { main } from "../../../core/cli/main.ts";
import { openTerminal } from "../../../core/base/terminal.ts";
import { registry } from "./toys.ts";

const say = (line: string, code = 0) => {
  console.log(line);
  return Promise.resolve(code);
};

/** Says so, and ends by a signal alone. */
function waiting(): Promise<number> {
  console.log("waiting");
  return new Promise(() => setInterval(() => {}, 1000));
}

Deno.exit(
  await main(Deno.args, {
    registry,
    terminal: openTerminal(),
    commands: {
      async run({ spec }, { engine, resources: { workers }, quiet, signal }) {
        if (spec.name === "fails") throw new Error("The wavefield is not finite.");
        if (spec.name === "waits") {
          console.log("waiting");
          await new Promise((_, reject) =>
            signal.addEventListener("abort", () => reject(new Error("aborted")))
          );
        }
        return say(`run ${spec.name} ${engine} ${workers} ${quiet}`, spec.name === "gate" ? 3 : 0);
      },
      sweep: ({ spec }) => say(`sweep ${Object.keys(spec.sweep!.axes)}`),
      report: (folder) => say(`report ${folder}`),
      results: (filters, flags) =>
        filters[0] === "waits" ? waiting() : say(`results ${filters} ${JSON.stringify(flags)}`),
      compare: (folders, { json }) => say(`compare ${folders} ${json}`),
      cache: {
        list: () => say("cache list"),
        explain: ({ spec }, { engine }) => say(`cache explain ${spec.name} ${engine}`),
        prune: (options) => say(`cache prune ${JSON.stringify(options)}`),
        status: () => Promise.resolve([]),
      },
      regress: (names, { update }) => say(`regress ${names.length} ${update}`, 4),
    },
  }),
);
