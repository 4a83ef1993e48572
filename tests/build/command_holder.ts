/**
 * A process that runs a command until it is killed: `command_holder.ts PROGRAM ARGUMENT…`. It prints what the command
 * prints, and exits with its code. Tests start it with the permissions of the compiled program.
 */
import { createDenoCommand } from "../../src/build/deno_command.ts";
import { PATIENCE } from "../eventually.ts";

const [program = "", ...args] = Deno.args;
const command = createDenoCommand({ grace: PATIENCE });
const running = await command.start(program, { args, environment: { LD_NODEPOOL: "of the holder" } });
for await (const chunk of running.output) await Deno.stdout.write(chunk);
Deno.exit(await running.exitCode);
