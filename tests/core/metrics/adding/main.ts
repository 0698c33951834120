/** The program with one metric more: the metric's file, and its line in a list of plugins. */
import { main } from "../../../../core/cli/main.ts";
import { commandsFor } from "../../../../core/cli/commands.ts";
import { openTerminal } from "../../../../core/base/terminal.ts";
import { createRegistry } from "../../../../core/registry/registry.ts";
import { registry as shipped, SOURCES } from "../../../../mod.ts";
import { meanAbsoluteError } from "./mean_absolute_error.ts";

const registry = createRegistry([...shipped.plugins, meanAbsoluteError]), terminal = openTerminal();
const gradientWorker = new URL("../../../../flows/gradient_worker.ts", import.meta.url);
const commands = commandsFor({ registry, sources: SOURCES, gradientWorker }, { terminal });
Deno.exit(await main(Deno.args, { registry, commands, terminal }));
