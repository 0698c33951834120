import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { findRuns, readRecord, RECORD_FILES, type RunRecord } from "./record.ts";

/** Below the results folder. Nothing is in it that the folders do not say: it may be deleted at any time. */
export const INDEX_FILE = ".index.sqlite";

/** Of the table and of a record's form: an index of another version is made anew. */
const VERSION = 1;

/** `stamp`: sizes and times of change of the files that a record is made of. The views are for other programs. */
const SCHEMA = `
CREATE TABLE runs (folder TEXT PRIMARY KEY, stamp TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
CREATE VIEW metrics AS SELECT folder, m.value ->> 'scenario' AS scenario, m.value ->> 'method' AS method,
  m.value ->> 'metric' AS metric, m.value ->> 'value' AS value, m.value ->> 'error' AS error
  FROM runs, json_each(record, '$.metrics') AS m;
CREATE VIEW settings AS SELECT folder, s.key AS path, s.value AS value
  FROM runs, json_each(record, '$.settings') AS s;
PRAGMA user_version = ${VERSION};
`;

/** A reader waits this long, in milliseconds, for another process that writes. */
const PATIENCE = 10_000;

/**
 * The records of every run below `root`, sorted by folder. Only changed folders are read. The others come from the
 * index, which is then updated. `say` gets a line if the index had to be rebuilt.
 */
export async function indexedRecords(root: string, say: (line: string) => void): Promise<RunRecord[]> {
  const folders = await findRuns(root);
  if (folders.length === 0) return [];
  const stamps = await Promise.all(folders.map((folder) => stampOf(root, folder)));
  const database = openIndex(join(root, INDEX_FILE), say);
  try {
    const indexed = new Map(
      database.prepare("SELECT folder, stamp, record FROM runs").all().map((
        { folder, stamp, record },
      ) => [folder as string, { stamp, record: record as string }]),
    );
    const changed: { folder: string; stamp: string; record: RunRecord }[] = [];
    const records: RunRecord[] = [];
    for (const [i, folder] of folders.entries()) {
      const stored = indexed.get(folder);
      const fresh = stored?.stamp !== stamps[i];
      const record = fresh ? await readRecord(root, folder) : JSON.parse(stored!.record);
      if (fresh) changed.push({ folder, stamp: stamps[i], record });
      records.push(record);
    }
    const gone = [...indexed.keys()].filter((folder) => !folders.includes(folder));
    if (changed.length + gone.length > 0) update(database, { changed, gone });
    return records;
  } finally {
    database.close();
  }
}

/** Size and time of change of each file that a record is made of, `-` where there is none. */
async function stampOf(root: string, folder: string): Promise<string> {
  const parts = await Promise.all(RECORD_FILES.map(async (name) => {
    const info = await Deno.stat(join(root, folder, name)).catch(() => undefined);
    return info ? `${info.size}@${info.mtime?.getTime()}` : "-";
  }));
  return parts.join(" ");
}

/** The index of a folder; in memory where nothing can be written there. */
function openIndex(path: string, say: (line: string) => void): DatabaseSync {
  try {
    return usableIndex(path);
  } catch (error) {
    if (!exists(path)) return freshIndex(":memory:"); // the folder cannot be written
    try {
      Deno.removeSync(path);
      const anew = freshIndex(path);
      say(
        `The index ${path} could not be used (${
          (error as Error).message
        }): it was made anew from the folders.`,
      );
      return anew;
    } catch {
      return freshIndex(":memory:");
    }
  }
}

function usableIndex(path: string): DatabaseSync {
  const database = freshIndex(path);
  try {
    const { user_version: version } = database.prepare("PRAGMA user_version").get()!;
    if (version !== VERSION) throw new Error(`it is of version ${version}, this program writes ${VERSION}`);
    const { quick_check: state } = database.prepare("PRAGMA quick_check(1)").get()!;
    if (state !== "ok") throw new Error(`it is damaged: ${String(state).split("\n").at(-1)}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens a database, and gives one that is empty its tables; of several processes that find it empty one does. */
function freshIndex(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: PATIENCE });
  const isEmpty = () => database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()!.n === 0;
  try {
    if (isEmpty()) transaction(database, () => isEmpty() && database.exec(SCHEMA));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Brings the index up to date; one that cannot be written stays as it is, and the next reader tries again. */
function update(
  database: DatabaseSync,
  { changed, gone }: {
    changed: readonly { folder: string; stamp: string; record: RunRecord }[];
    gone: readonly string[];
  },
): void {
  const put = database.prepare("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)");
  const drop = database.prepare("DELETE FROM runs WHERE folder = ?");
  try {
    transaction(database, () => {
      for (const { folder, stamp, record } of changed) put.run(folder, stamp, JSON.stringify(record));
      for (const folder of gone) drop.run(folder);
    });
  } catch (error) {
    if (!/readonly|locked|full/.test((error as Error).message)) throw error;
  }
}

function transaction(database: DatabaseSync, work: () => unknown): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
