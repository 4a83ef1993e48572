/** The whole file: every key that the top level may have. */
import type * as v from "valibot";
import { cronSection } from "./cron_section.ts";
import { diskimageSection } from "./diskimage_section.ts";
import { described, former, integer, list, maybe, optional, scalar, secret, text } from "./fields.ts";
import { labelSection } from "./label_section.ts";
import { providerSection } from "./provider_section.ts";
import { section } from "./section.ts";
import { gearmanServerSection, limitsSection, logSection, statusSection } from "./service_sections.ts";
import { targetSection } from "./target_section.ts";

const path = text("a path");

/** As `checkService` has it. */
const statePath = text("the path of a file", { pattern: "^(?![A-Za-z]+://)" });

const ZMQ_PATTERN = "^tcp://(?:[^\\s:/]+|\\[[^\\]\\s]+\\]):\\d{1,5}$";

const zmqPublisher = scalar("an address such as tcp://jenkins.example.org:8888", {
  json: { type: "string", pattern: ZMQ_PATTERN },
  parse(input) {
    return typeof input === "string" && new RegExp(ZMQ_PATTERN).test(input) ? input : undefined;
  },
});

export const configSection = section({
  labels: described(list(labelSection), "What users ask for."),
  providers: described(list(providerSection), "The clouds that servers come from."),
  diskimages: described(list(diskimageSection), "Images that nodepool builds."),
  targets: described(
    list(targetSection),
    "Where nodes are registered; default: one target named `default`.",
  ),
  cron: described(
    cronSection,
    "When the periodic tasks run: cron expressions of five fields, or six with seconds last.",
  ),
  "script-dir": described(maybe(path), "Directory of setup, ready and check scripts."),
  "elements-dir": described(maybe(path), "Directories of diskimage-builder elements, separated by colons."),
  "images-dir": described(maybe(path), "Where built images are kept."),
  "gearman-servers": described(list(gearmanServerSection), "Gearman servers to read demand from."),
  "zmq-publishers": described(list(zmqPublisher), "Jenkins event publishers."),
  dburi: described(maybe(secret()), "Ignored: the state is a file."),
  "zookeeper-servers": former("builders and launchers are one process, whose state is a file"),
  nodepoold: former("how long a node is kept after its job is limits.delete-delay"),
  state: described(optional(statePath, "/var/lib/nodepool/nodepool.kv"), "Path of the state file."),
  status: described(statusSection, "The read-only status endpoint."),
  "build-log-dir": described(maybe(path), "Where build logs are kept."),
  "build-log-retention": described(optional(integer({ min: 1 }), 7), "Build logs kept for each image."),
  limits: described(limitsSection, "Time limits."),
  log: described(logSection, "What is logged, how and where."),
});

export type ConfigSection = v.InferOutput<typeof configSection>;
