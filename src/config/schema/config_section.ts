/** The whole file: every key that the top level may have. */
import type * as v from "valibot";
import { cronSection } from "./cron_section.ts";
import { DEFAULT_STATE } from "../../domain/default_state.ts";
import { ETCD_STATE_PATTERN } from "../../domain/etcd_address.ts";
import { diskimageSection } from "./diskimage_section.ts";
import { etcdSection } from "./etcd_section.ts";
import { described, former, integer, list, maybe, optional, path, scalar, secret } from "./fields.ts";
import { labelSection } from "./label_section.ts";
import { providerSection } from "./provider_section.ts";
import { section } from "./section.ts";
import { gearmanServerSection, limitsSection, logSection, statusSection } from "./service_sections.ts";
import { targetSection } from "./target_section.ts";

/** As `checkStatePlace` has it. */
const statePath = path("the path of a file, or the address of a pool in etcd", {
  json: { pattern: `^(?:(?![A-Za-z]+://|etcd:)|${ETCD_STATE_PATTERN}$)` },
});

const ZMQ_PATTERN = "^tcp://(?:[^\\s:/]+|\\[[^\\]\\s]+\\]):\\d{1,5}$";

const zmqPublisher = scalar("an address such as tcp://jenkins.example.org:8888", {
  json: { type: "string", pattern: ZMQ_PATTERN },
  parse(input) {
    return typeof input === "string" && new RegExp(ZMQ_PATTERN).test(input) ? input : undefined;
  },
});

/** As in other tools' files: keys for the user's own use, which nothing reads. */
const OWN_KEY = "^x-";

export const configSection = section({
  labels: list(labelSection, "What users ask for."),
  providers: list(providerSection, "The clouds that servers come from."),
  diskimages: list(diskimageSection, "Images that nodepool builds."),
  targets: list(targetSection, "Where nodes are registered; default: one target named `default`."),
  cron: described(
    cronSection,
    "When the periodic tasks run: cron expressions of five fields, or six with seconds last.",
  ),
  "script-dir": maybe(path(), "Directory of setup, ready and check scripts."),
  "elements-dir": maybe(
    path("paths", { paths: "several" }),
    "Directories of diskimage-builder elements, separated by colons.",
  ),
  "images-dir": maybe(path(), "Where built images are kept."),
  "gearman-servers": list(gearmanServerSection, "Gearman servers to read demand from."),
  "zmq-publishers": list(zmqPublisher, "Jenkins event publishers."),
  dburi: maybe(secret(), "Ignored: the key `state` says where the state is."),
  "zookeeper-servers": former("builders and launchers are one process, which needs no ZooKeeper"),
  nodepoold: former("how long a node is kept after its job is limits.delete-delay"),
  state: optional(statePath, DEFAULT_STATE, "Path of the state file, or etcd:https://HOST:2379,…/POOL."),
  etcd: described(etcdSection, "How etcd is reached, where it holds the state."),
  status: described(statusSection, "The read-only status endpoint."),
  "build-log-dir": maybe(path(), "Where build logs are kept."),
  "build-log-retention": optional(integer({ min: 1 }), 7, "Build logs kept for each image."),
  limits: described(limitsSection, "Time limits."),
  log: described(logSection, "What is logged, how and where."),
}, {
  patternProperties: {
    [OWN_KEY]: { description: "Not read: a place for anchors that other keys refer to." },
  },
});

export type ConfigSection = v.InferOutput<typeof configSection>;
