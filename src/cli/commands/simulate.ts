/** `nodepool simulate`: an OpenStack to try a configuration on. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example, helpGroup } from "../help.ts";
import { listenArgument, portArgument } from "../arguments.ts";

const ANY_FREE_PORT = { hostname: "127.0.0.1", port: 0 };

export function simulateCommand(context: CliContext) {
  return new Command("simulate")
    .helpGroup(helpGroup.tools)
    .description("run an OpenStack simulator on loopback; -c FILE describes its clouds")
    .option("--listen <address>", "address and port; default: any free port of 127.0.0.1", listenArgument)
    .option("--clouds <file>", "write a clouds.yaml that points to it")
    .option("--ssh-port <port>", "the port where its servers answer SSH; default: 2222", portArgument)
    .option("--quirks", "list the personalities and quirks that its clouds can have, and exit")
    .addHelpText(
      "after",
      example(
        "nodepool simulate --clouds clouds.yaml",
        "OS_CLIENT_CONFIG_FILE=clouds.yaml nodepool -c nodepool.yaml daemon",
      ),
    )
    .action(async ({ listen = ANY_FREE_PORT, clouds = null, sshPort = null, quirks = false }) => {
      const { io, wiring, globals } = context;
      if (quirks) return io.stdout.write(`${await wiring.describeQuirks()}\n`);
      using interrupts = io.interrupts();
      await wiring.simulate({
        listen,
        config: globals().config,
        clouds,
        sshPort,
        signal: interrupts.signal,
        print: (line) => io.stdout.write(`${line}\n`),
      });
    });
}
