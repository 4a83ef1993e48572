/** `nodepool init`: a first configuration for a cloud, from what the cloud offers. */
import { resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import type { FirstConfigView } from "../../domain/first_config.ts";
import { shellWord } from "../../lib/shell_quote.ts";
import { askOnTerminal } from "../ask_on_terminal.ts";
import type { CliContext } from "../cli_context.ts";
import type { CliIo } from "../cli_io.ts";
import { UsageError } from "../cli_error.ts";
import { findConfig } from "../find_config.ts";
import { example, helpGroup } from "../help.ts";
import { sshPortArgument } from "../arguments.ts";

export function initCommand(context: CliContext) {
  return new Command("init")
    .helpGroup(helpGroup.tools)
    .description("write a first configuration for a cloud, from what the cloud offers")
    .option("--cloud <name>", "the cloud of clouds.yaml")
    .option("--image <name>", "the image to boot from; the newest of a known distribution if not given")
    .option("--username <name>", "the user to log in to it as")
    .option("--flavor <name>", "the flavor; the smallest on which the image runs well if not given")
    .option("--network <name>", "the network")
    .option("--no-floating-ips", "reach nodes at their private addresses")
    .option(
      "--keypair <name>",
      "a keypair whose private key is on this machine, or new for a new one, as when none fits",
    )
    .option("--connection-port <port>", "where its servers answer SSH, if not at port 22", sshPortArgument)
    .option("--output <file>", "the file to write; nodepool.yaml if not given")
    .option("--yes", "ask nothing, accept what is proposed")
    .addHelpText("after", example("nodepool init --cloud my-cloud"))
    .action(async ({ output, yes = false, floatingIps, ...given }) => {
      const { io, wiring, globals } = context;
      if (!yes && !io.isInteractive()) {
        throw new UsageError(
          "init asks questions, and standard input is not a terminal: accept what it proposes with --yes",
        );
      }
      using interrupts = io.interrupts();
      const { signal } = interrupts;
      const { cloud = null, image = null, username = null, flavor = null, network = null } = given;
      const { keypair = null, connectionPort = null } = given;
      const made = await wiring.writeFirstConfig({
        output: output ?? globals().config ?? "nodepool.yaml",
        home: io.home(),
        given: { cloud, image, username, flavor, network, keypair, connectionPort, floatingIps },
        dialog: yes ? null : askOnTerminal(io, signal),
        say: (text) => io.stderr.write(`nodepool: ${text}\n`),
        signal,
      });
      io.stdout.write(describe(made, { option: optionFor(made.file, io) }));
    });
}

/** The option with which the next commands here find the file; empty: they find it by themselves. */
function optionFor(file: string, io: CliIo): string {
  const found = findConfig({ option: null, variable: io.env("NODEPOOL_CONFIG"), folder: io.folder() });
  return resolve(found.file) === file ? "" : ` -c ${shellWord(file)}`;
}

function describe(
  { file, cloud, label, keypair, privateKey, isNewKey, isNewKeypair }: FirstConfigView,
  { option }: { option: string },
): string {
  return [
    `wrote ${file}`,
    ...(isNewKey ? [`made the key ${privateKey}`] : []),
    ...(isNewKeypair ? [`gave its public half to ${cloud} as the keypair ${keypair}`] : []),
    "",
    "Check it, start the pool, and take a node:",
    "",
    `  nodepool${option} config-validate --online`,
    `  nodepool${option} daemon`,
    `  nodepool${option} acquire ${label}`,
    "",
  ].join("\n");
}
