import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** What a URL writes in another way, what a shell takes for its own, and letters of other alphabets. */
const ODD = "Größe #1 %20 it's [x] a&b?";

const TINY = `name: tiny
seed: 3
prior: { kind: gaussian }
operator: { kind: matrix, rows: 6, columns: 4 }
noise: { kind: gaussian, level: { sigma: 0.3 } }
summary: { kind: identity }
flow: { kind: coupling, depth: 2, hidden: 16 }
training: { pairs: 64, epochs: 2 }
correction: { kind: diagonal, encoding: shots }
shifts: [{ name: "Störung #1", noise: { level: { scale: 2 } } }]
`;

async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}

Deno.test("the program computes, keeps and tells in a folder whose name is odd, in another time zone and language", async () => {
  const outer = await Deno.makeTempDir(), folder = join(outer, ODD);
  try {
    await Deno.mkdir(folder);
    for (const part of ["core", "physics", "flows", "mod.ts", "deno.json", "deno.lock"]) {
      await copy(join(ROOT, part), join(folder, part));
    }
    await Deno.writeTextFile(join(folder, "spec ü.yaml"), TINY);
    const task = async (...args: string[]) => {
      const env = { TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", NO_COLOR: "1" };
      const command = new Deno.Command(Deno.execPath(), { args: ["task", "-q", ...args], cwd: folder, env });
      const { code, stdout, stderr } = await command.output(), decoder = new TextDecoder();
      return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
    };
    const schema = await task("schema", "--write");
    assertEquals([schema.code, schema.err], [0, ""]);
    const check = await task("check", "spec ü.yaml");
    assertEquals(check.code, 0, check.err);
    assertStringIncludes(check.out, "scenarios   nominal, Störung #1");
    const ran = await task("run", "spec ü.yaml", "--only", "simulate", "--engine", "cpu");
    assertEquals(ran.code, 0, ran.err);
    const cached = await task("cache", "explain", "spec ü.yaml", "--engine", "cpu");
    assertMatch(cached.out, /simulate +cached/);
  } finally {
    await Deno.remove(outer, { recursive: true });
  }
});

Deno.test("a spec that is not where tasks run is told where they run", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "check", "toy-gaussian.yaml"],
    cwd: join(ROOT, "experiments"),
  });
  const { code, stderr } = await command.output();
  assertEquals(code, 2);
  assertEquals(
    new TextDecoder().decode(stderr).trimEnd(),
    `toy-gaussian.yaml:1:1: the spec cannot be read: there is no such file in ${ROOT.slice(0, -1)}, ` +
      "where tasks run: give its path from there, or the whole path",
  );
});
