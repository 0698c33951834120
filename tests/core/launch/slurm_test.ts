import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jobScript, quoted } from "../../../core/launch/slurm_script.ts";
import { available } from "../../available.ts";
import { CLUSTER, events, inFolder, program, summaries, sweepArgs, TOY } from "./toy.ts";

const installed = ["slurmctld", "slurmd", "sbatch", "munged"].every((name) =>
  new Deno.Command("sh", { args: ["-c", `command -v ${name}`], stdout: "null" }).outputSync().success
);
const usable = available(installed && Deno.uid() === 0, "root, or slurmctld, slurmd, slurm-client and munge");

Deno.test("a job script asks for what the settings say, and warns the shell before the time limit", () => {
  const settings = {
    kind: "slurm",
    partition: "long",
    time: 90,
    memory: 4e9,
    cores: 3,
    concurrency: 5,
    setup: ["module load deno"],
  } as const;
  const script = jobScript({
    name: "x",
    elements: 24,
    cwd: "/w",
    logs: "/w/log",
    settings,
    body: ["run true"],
  });
  const lines = script.split("\n");
  for (
    const option of [
      "--array=1-24%5",
      "--time=90",
      "--mem=3815M",
      "--cpus-per-task=3",
      "--partition=long",
      "--signal=B:USR2@30",
      "--requeue",
      "--output=/w/log/slurm-%A_%a.log",
    ]
  ) assert(lines.includes(`#SBATCH ${option}`), option);
  assert(!script.includes("--account"));
  assert(lines.indexOf("module load deno") < lines.indexOf("run() {"));
});

for (
  const [what, body, code] of [
    ["the run's own exit code", "exit 3", 3],
    ["75 after a warning", "trap 'exit 75' USR2; kill -USR2 $PPID; while :; do sleep 0.1; done", 75],
    ["143 after a stop that reaches shell and run", "kill -TERM $PPID; sleep 0.3; exit 143", 143],
  ] as const
) {
  Deno.test(`the job's shell waits for its run and passes on ${what}`, async () => {
    const settings = { kind: "slurm", time: 1, memory: 1e9, cores: 1, concurrency: 1, setup: [] } as const;
    const script = jobScript({
      name: "x",
      elements: 1,
      cwd: ".",
      logs: ".",
      settings,
      body: ["scontrol() { echo requeued; }", `run bash -c ${quoted(body)}`, 'exit "$code"'],
    });
    const output = await new Deno.Command("bash", { args: ["-c", script], stderr: "null" }).output();
    assertEquals(output.code, code);
    assertEquals(new TextDecoder().decode(output.stdout).trim(), code === 75 ? "requeued" : "");
  });
}

const cluster = async (root: string, ...args: string[]) => {
  const [action, ...rest] = args;
  const { success, stderr } = await new Deno.Command(CLUSTER, { args: [action, root, ...rest] }).output();
  assert(success, new TextDecoder().decode(stderr));
};

/** Waits for at most two minutes. */
async function until(what: string, happened: () => boolean): Promise<void> {
  for (let i = 0; !happened(); i++) {
    assert(i < 1200, `${what} did not happen in two minutes`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const SWEEP = `sweep: { correction.passes: [1, 2], correction.optimizer.rate: [0.1, 0.2] }
launch: { kind: slurm, partition: main, time: 5 min, memory: 1500 MB, cores: 1, concurrency: 2 }
`;

Deno.test({
  name: "on Slurm, with a node killed on the way, a sweep leaves the same results as on this machine",
  ignore: !usable,
  async fn() {
    const here = await inFolder(TOY + SWEEP, async (folder) => {
      const { code, err } = await program(folder, sweepArgs("--jobs", "2"));
      assertEquals(code, 0, err);
      return await summaries(folder);
    });
    const root = await Deno.makeTempDir();
    Deno.env.set("SLURM_CONF", `${root}/slurm.conf`);
    await cluster(root, "start");
    try {
      await inFolder(TOY + SWEEP, async (folder) => {
        const sent = await program(folder, sweepArgs("--detach"));
        assertEquals(sent.code, 0, sent.err);
        await until(
          "the first job",
          () => [...Deno.readDirSync(`${folder}/results/sweep/trials`)].length > 0,
        );
        await cluster(root, "kill-node", "n2");
        const { code, err } = await program(folder, sweepArgs());
        assertEquals(code, 0, err);
        assertEquals(await summaries(folder), here);
        const kinds = (await events(folder)).map((event) => event.split(" ")[0]);
        assertEquals(kinds.filter((kind) => kind === "submitted").length, 1, "jobs were submitted twice");
        assertStringIncludes((await program(folder, sweepArgs("--status"))).out, "4 of 4 done");
      });
    } finally {
      await cluster(root, "stop");
      Deno.env.delete("SLURM_CONF");
    }
  },
});

Deno.test("a launcher that does not exist is named with the ones that do", () =>
  inFolder(TOY + SWEEP, async (folder) => {
    const { code, err } = await program(folder, sweepArgs("--launch", "slrum"));
    assertEquals(code, 2);
    assertStringIncludes(err, 'is "slrum": it must be one of local, slurm; did you mean slurm?');
  }));
