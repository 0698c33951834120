import { fileURLToPath } from "node:url";
import { commandHelp, type CommandName, COMMANDS, programHelp } from "../core/cli/help.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** A piece of what people are shown, and where. */
export interface Shown {
  readonly text: string;
  readonly where: string;
}

/** Every text that people read before they type: README, docs, comments of specs, help. */
async function texts(): Promise<Shown[]> {
  const files = ["README.md", ...await below("docs", ".md"), ...await below("experiments", ".yaml")];
  const read = await Promise.all(files.map(async (where) => {
    const text = await Deno.readTextFile(ROOT + where);
    return { where, text: where.endsWith(".yaml") ? commentsOf(text) : text };
  }));
  const helps = (Object.keys(COMMANDS) as CommandName[]).map((name) => ({
    where: `${name} --help`,
    text: commandHelp(name),
  }));
  return [...read, { where: "--help", text: programHelp() }, ...helps];
}

async function below(folder: string, end: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(ROOT + folder));
  const found = await Promise.all(entries.map(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? below(path, end) : name.endsWith(end) ? [path] : [];
  }));
  return found.flat().sort();
}

function commentsOf(yaml: string): string {
  return yaml.split("\n").filter((line) => line.startsWith("#")).map((line) => line.slice(1).trim()).join(
    "\n",
  );
}

const TASK = String.raw`(?:npx -y deno@2\.9\.6|deno) task `;

/** Every command line of a task: lines of their own, with what follows a backslash, and code within sentences. */
export async function shownCommands(): Promise<Shown[]> {
  const within = new RegExp("(?<!`)`(" + TASK + "[^`]+)`", "g");
  const line = new RegExp(`^(?:Usage: |[ ]*)(${TASK}(?:.*\\\\\\n)*.*)$`, "gm");
  return (await texts()).flatMap(({ text, where }) =>
    [...text.matchAll(within), ...text.matchAll(line)].map(([, command]) => ({
      where,
      text: command.replaceAll("\\\n", " ").replace(/\s+/g, " ").trim(),
    }))
  );
}

/** Every option that a sentence shows: code that begins with two dashes. */
export async function shownOptions(): Promise<Shown[]> {
  return (await texts()).flatMap(({ text, where }) =>
    [...text.matchAll(/(?<!`)`(--[^`]+)`/g)].map(([, option]) => ({
      where,
      text: option.replace(/\s+/g, " "),
    }))
  );
}

/** A command line as a shell splits it; quotes are the only thing that it knows of a shell. */
export function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
}
