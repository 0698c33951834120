import { assertEquals, assertMatch } from "@std/assert";
import { openRecorder } from "../../../core/store/recorder.ts";
import { isRunning, newFolder } from "../../../core/store/new_folder.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir(), before = Deno.cwd();
  Deno.chdir(folder);
  await work(folder).finally(() => {
    Deno.chdir(before);
    return Deno.remove(folder, { recursive: true });
  });
}

const RUN = { name: "twin", hash: "1a2b3c4d" };

Deno.test("runs that start in the same second have a folder each", () =>
  inFolder(async () => {
    const recorders = await Promise.all(Array.from({ length: 40 }, () => openRecorder(RUN)));
    assertEquals(new Set(recorders.map(({ folder }) => folder)).size, 40);
    for (const { folder, close } of recorders) {
      assertMatch(folder, /^results\/twin\/\d{8}T\d{6}Z-1a2b3c4d(-\d+)?$/);
      close();
    }
    const names = await Promise.all([1, 2, 3].map(() => newFolder("results", "same")));
    assertEquals(names.sort(), ["results/same", "results/same-2", "results/same-3"]);
  }));

Deno.test("of many runs with one --out exactly one has the folder, and the others are told that it works there", () =>
  inFolder(async () => {
    for (let round = 0; round < 5; round++) {
      const out = `results/out-${round}`;
      if (round % 2 === 0) await Deno.mkdir(out, { recursive: true }); // an empty folder may be there
      const all = await Promise.allSettled(Array.from({ length: 20 }, () => openRecorder({ ...RUN, out })));
      const [first, ...more] = all.filter((one) => one.status === "fulfilled").map(({ value }) => value);
      const refused = all.filter((one) => one.status === "rejected").map(({ reason }) => reason.message);
      assertEquals([more.length, refused.length], [0, 19]);
      // Of a folder that was taken a moment ago, the lock may be still to come.
      for (const told of refused) {
        assertMatch(
          told,
          /^(Another run is at work in|The run folder) results\/out-\d .*: choose another (folder )?with --out\.$/,
        );
      }
      first.event({ stage: "train" });
      assertEquals(await Deno.readTextFile(`${out}/metrics.jsonl`), '{"stage":"train"}\n');
      first.close();
    }
  }));

Deno.test("a folder with files is refused and left as it is; whether a run is at work in it is told by its lock", () =>
  inFolder(async (folder) => {
    const refusal = (out: string) => openRecorder({ ...RUN, out }).then(() => "", (error) => error.message);
    await Deno.mkdir("other");
    await Deno.writeTextFile("other/notes.txt", "mine");
    assertEquals(await refusal("other"), "The run folder other is not empty: choose another with --out.");
    assertEquals([...Deno.readDirSync(`${folder}/other`)].map(({ name }) => name), ["notes.txt"]);
    const run = await openRecorder({ ...RUN, out: "mine" });
    await run.file("manifest.json", JSON.stringify({ status: "running", pid: 123, host: "node7" }));
    const at =
      "Another run is at work in mine (it is process 123 on node7): choose another folder with --out.";
    assertEquals([await refusal("mine"), await isRunning("mine")], [at, true]);
    run.close();
    // Its manifest still says that it runs, as that of a killed one does.
    const left = "The run folder mine is not empty: choose another with --out.";
    assertEquals([await refusal("mine"), await isRunning("mine")], [left, false]);
  }));
