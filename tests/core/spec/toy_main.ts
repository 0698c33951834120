/** A command line over the toy plugins; its commands say what they were asked for. */
import { main } from "../../../core/cli.ts";
import { registry } from "./toys.ts";

const say = (line: string, code = 0) => {
  console.log(line);
  return Promise.resolve(code);
};

Deno.exit(
  await main(Deno.args, {
    registry,
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
      sweep: ({ spec }) => say(`sweep ${Object.keys(spec.sweep!)}`),
      report: (folder) => say(`report ${folder}`),
      results: () => Promise.resolve(0),
      compare: (folders, { json }) => say(`compare ${folders} ${json}`),
      regress: (names, { update }) => say(`regress ${names.length} ${update}`, 4),
    },
  }),
);
