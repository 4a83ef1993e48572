/**
 * A process that runs a command until it is killed: `command_holder.ts PROGRAM ARGUMENT…`. It prints what the command
 * prints, and exits with its code. NODEPOOL_HOLDER_ENVIRONMENT is what it gives the command, as JSON. Tests start it with
 * the permissions of the compiled program.
 */
import { startCommand } from "../../src/build/start_command.ts";
import { PATIENCE } from "../eventually.ts";

const [program = "", ...args] = Deno.args;
const given: Record<string, string> = JSON.parse(Deno.env.get("NODEPOOL_HOLDER_ENVIRONMENT") ?? "{}");
const environment = { LD_NODEPOOL: "of the holder", ...given };
const running = await startCommand(program, { args, environment, grace: PATIENCE });
for await (const chunk of running.output) await Deno.stdout.write(chunk);
Deno.exit(await running.exitCode);
