/**
 * Where the values of arguments and options come from that have no choices of their own, by the name of the argument or the
 * long form of the option; after a command's name where it means something else there. A test has all of them in the table.
 */
import { eventKinds } from "../../domain/pool_event.ts";
import type { CompletionKind } from "../../views/completions.ts";

/** `free`: anything, which only the user knows. */
export type ValueSource = CompletionKind | "file" | "folder" | "topic" | "command" | "column" | "free";

/** Things, and what happens to them. */
const events = Object.entries(eventKinds).flatMap(([thing, kinds]) => [
  thing,
  ...kinds.map((kind) => `${thing}.${kind}`),
]);

/** Options whose values only the user knows. */
const FREE = (
  "--after --before --build-workers --cloud --connection-port --count --extend --flavor --for " +
  "--hold-on-failure --keypair --limit --lines --listen --network --owner --reason --result " +
  "--search --since --ssh-option --ssh-port --start-report --until --upload-workers --username " +
  "--wait --watch"
).split(" ");

/** A list has the values themselves. */
export const valueSources: Readonly<Record<string, ValueSource | readonly string[]>> = {
  ...Object.fromEntries(FREE.map((name) => [name, "free" as const])),
  "id": "node",
  "unhold id": "held-node",
  "dib-image-delete id": "dib-image-id",
  "image-delete id": "image-id",
  "job-delete id": "job-id",
  "node": "node-name",
  "label": "label",
  "provider": "provider",
  "image": "image",
  "image-build image": "diskimage",
  "image-update provider": "provider-or-all",
  "copy from": "file",
  "copy to": "file",
  "names": "provider-or-image",
  "explain name": "anything",
  "job-create name": "job",
  "file": "file",
  "dir": "folder",
  "topic": "topic",
  "help command": "command",
  "ssh command": "free",
  "--label": "label",
  "--provider": "provider",
  "--image": "image",
  "--job": "job",
  "--host": "node-name",
  "--hostname": "node-name",
  "--columns": "column",
  "--sort": "column",
  "--kind": events,
  "init --image": "free",
  "init --output": "file",
  "--config": "file",
  "--secure": "file",
  "--logconfig": "file",
  "--clouds": "file",
  "--known-hosts": "file",
  "--pidfile": "file",
  "--program": "file",
};
