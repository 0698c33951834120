import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const MAIN = new URL("./said_main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

for (const name of ["SIGINT", "SIGTERM", "SIGUSR2"] as const) {
  Deno.test(`${name} that comes again within a second is one signal; after that it ends the process`, async () => {
    const args = ["run", "-A", "--no-check", "--config", CONFIG, MAIN, "works"];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
    await child.stdout.getReader().read();
    const since = performance.now(), timer = setInterval(() => signalled(child, name), 20);
    const { signal } = await child.status;
    clearInterval(timer);
    const seconds = (performance.now() - since) / 1000;
    assertEquals(signal, name);
    assert(seconds > 0.95, `it ended after ${seconds} s`);
    const said = await new Response(child.stderr).text();
    assertEquals(said.trimEnd().split("\n").length, 1, said);
    assertStringIncludes(said, name === "SIGINT" ? "press Ctrl-C again" : "send another signal");
  });
}

/** Sends a signal. A busy machine tells late that the process has ended; what is sent then is lost. */
function signalled(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch (error) {
    if (!/already terminated|ESRCH|No such process/.test(String(error))) throw error;
  }
}
