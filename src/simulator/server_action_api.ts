/** `POST /servers/ID/action`: what is done to a server that there is. */
import type { Strikes } from "./api.ts";
import { type ApiAnswer, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { ApiRefusal } from "./api_refusal.ts";
import { namedServer } from "./server_api.ts";
import { hostnameOf } from "./server_view.ts";
import { answersSshAt, type SimulatedServer, statusAt } from "./simulated_server.ts";
import { createSnapshot } from "./snapshot_api.ts";

/** Taking an image has an operation of its own, so that faults and journal can tell it from the rest. */
export function actionOperation(exchange: Exchange): string {
  return exchange.bodyHas("createImage") ? "server.snapshot" : "server.action";
}

/** The console and taking an image are the actions there are. */
export function actOnServer(exchange: Exchange, strikes: Strikes): ApiAnswer {
  const server = namedServer(exchange);
  const [action] = Object.keys(exchange.json());
  if (action === "os-getConsoleOutput") return showConsole(exchange, server);
  if (action === "createImage") return createSnapshot(exchange, server, strikes);
  throw new ApiRefusal(400, `There is no such action: ${action}`);
}

function showConsole(exchange: Exchange, server: SimulatedServer): ApiAnswer {
  const { length } = exchange.section("os-getConsoleOutput") as { length?: number | string | null };
  const lines = consoleLines(exchange, server);
  const wanted = length === undefined || length === null || Number(length) === -1
    ? lines.length
    : Number(length);
  return jsonAnswer(200, { output: wanted === 0 ? "" : lines.slice(-wanted).join("\n") });
}

/** The lines printed by now. */
function consoleLines({ now }: Exchange, server: SimulatedServer): string[] {
  const lines = ["[    0.000000] Linux version 6.1.0 (simulated)"];
  if (statusAt(server, now) !== "ACTIVE") return lines;
  const image = server.imageAtBoot?.fields.name ?? "a volume";
  lines.push(`[    0.412345] Booting ${image} on ${server.flavor.vcpus} CPU`);
  lines.push(`cloud-init: hostname ${hostnameOf(server)}`);
  if (answersSshAt(server, now)) {
    lines.push("Started OpenBSD Secure Shell server.", `${hostnameOf(server)} login:`);
  }
  return lines;
}
