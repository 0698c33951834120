import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { INDEX_FILE, indexedRecords } from "../../../core/results/index.ts";
import { readRecord } from "../../../core/results/record.ts";
import { putRun, summary } from "./results_folder.ts";

async function withRoot(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  await putRun(root, "a/one", { summary: summary("a", 9), resolved: "training: { pairs: 1024 }\n" });
  await putRun(root, "a/two", { summary: summary("a", 8) });
  try {
    await work(root);
  } finally {
    await Deno.chmod(root, 0o755);
    await Deno.remove(root, { recursive: true });
  }
}

const folders = async (root: string, said: string[] = []) =>
  (await indexedRecords(root, (line) => said.push(line))).map(({ folder }) => folder);

Deno.test("the index says what the folders say, and a deleted one loses nothing", () =>
  withRoot(async (root) => {
    const first = await indexedRecords(root, () => {}), again = await indexedRecords(root, () => {});
    assertEquals(first, await Promise.all(["a/one", "a/two"].map((folder) => readRecord(root, folder))));
    assertEquals(again, first);
    await Deno.remove(`${root}/${INDEX_FILE}`);
    assertEquals(await indexedRecords(root, () => {}), first);
  }));

Deno.test("a changed, a new and a removed folder are seen; an unchanged one is not read again", () =>
  withRoot(async (root) => {
    await indexedRecords(root, () => {});
    const edit = new DatabaseSync(`${root}/${INDEX_FILE}`);
    edit.exec("UPDATE runs SET record = json_set(record, '$.name', 'from the index')");
    edit.close();
    await putRun(root, "a/two", { summary: summary("changed", 8.125) });
    await putRun(root, "b/three", {});
    const names = (await indexedRecords(root, () => {})).map(({ folder, name }) => [folder, name]);
    assertEquals(names, [["a/one", "from the index"], ["a/two", "changed"], ["b/three", "b"]]);
    await Deno.remove(`${root}/a/one`, { recursive: true });
    assertEquals(await folders(root), ["a/two", "b/three"]);
    const index = new DatabaseSync(`${root}/${INDEX_FILE}`);
    assertEquals(index.prepare("SELECT folder FROM runs").all().map((row) => row.folder), [
      "a/two",
      "b/three",
    ]);
    index.close();
  }));

Deno.test("a corrupt index and one of another version are made anew, with one sentence", () =>
  withRoot(async (root) => {
    const said: string[] = [], path = `${root}/${INDEX_FILE}`;
    await Deno.writeTextFile(path, "this is no database, whatever its name says");
    assertEquals(await folders(root, said), ["a/one", "a/two"]);
    const old = new DatabaseSync(path);
    old.exec("PRAGMA user_version = 99");
    old.close();
    assertEquals(await folders(root, said), ["a/one", "a/two"]);
    assertEquals(await folders(root, said), ["a/one", "a/two"]);
    assertEquals(said.length, 2);
    assertMatch(said[0], /\.index\.sqlite could not be used \(.*not a database.*\): it was made anew/);
    assertMatch(said[1], /it is of version 99, this program writes 1/);
  }));

Deno.test("an index cut short is made anew", () =>
  withRoot(async (root) => {
    await folders(root);
    await Deno.truncate(`${root}/${INDEX_FILE}`, 5000);
    const said: string[] = [];
    assertEquals(await folders(root, said), ["a/one", "a/two"]);
    assertEquals(said.length, 1);
  }));

Deno.test("where nothing may be written, runs are listed all the same", () =>
  withRoot(async (root) => {
    const script = `import { indexedRecords } from ${
      JSON.stringify(new URL("../../../core/results/index.ts", import.meta.url).href)
    };
      console.log((await indexedRecords(${JSON.stringify(root)}, console.error)).length);`;
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(file, script);
    const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
    const run = async () => {
      const args = ["run", "--no-check", "--no-prompt", "-R", "-E", "--config", config, file];
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    assertEquals(await run(), "2\n");
    await folders(root);
    await putRun(root, "b/three", {});
    assertEquals(await run(), "3\n");
    await Deno.remove(file);
  }));

Deno.test("readers at the same time agree, whoever makes the index", () =>
  withRoot(async (root) => {
    const all = await Promise.all(Array.from({ length: 8 }, () => folders(root)));
    assertEquals(all, Array.from({ length: 8 }, () => ["a/one", "a/two"]));
  }));

Deno.test("other programs find metrics and settings in views", () =>
  withRoot(async (root) => {
    await folders(root);
    const index = new DatabaseSync(`${root}/${INDEX_FILE}`);
    const best =
      "SELECT folder, value FROM metrics WHERE method = 'corrected' AND metric = 'snr' ORDER BY value DESC";
    assertEquals({ ...index.prepare(best).get() }, { folder: "a/one", value: 9 });
    assertEquals(index.prepare("SELECT path, value FROM settings").all().map((row) => ({ ...row })), [
      { path: "training.pairs", value: 1024 },
    ]);
    index.close();
  }));

Deno.test("an index that another process is about to make is waited for, and not taken for a damaged one", () =>
  withRoot(async (root) => {
    const script = `import { DatabaseSync } from "node:sqlite";
      const database = new DatabaseSync("${root}/${INDEX_FILE}");
      database.exec("BEGIN IMMEDIATE");
      console.log("begun");
      setTimeout(() => database.exec("COMMIT"), 300);`;
    const args = ["eval", "--no-config", script];
    const other = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
    await other.stdout.getReader().read();
    const said: string[] = [];
    assertEquals(await folders(root, said), ["a/one", "a/two"]);
    assertEquals(said, []);
    await other.status;
    const index = new DatabaseSync(`${root}/${INDEX_FILE}`);
    assertEquals(index.prepare("SELECT count(*) AS n FROM runs").get()!.n, 2);
    index.close();
  }));
