/** `targets[]`: where nodes are handed to, and how they are named. */
import { hostnameFields, subnodeHostnameFields } from "../../domain/name_fields.ts";
import type { JenkinsConfig, TargetConfig } from "../../domain/config.ts";
import * as v from "valibot";
import {
  anyText,
  described,
  duration,
  flag,
  former,
  maybe,
  nameText,
  optional,
  template,
  text,
  url,
} from "./fields.ts";
import { section } from "./section.ts";

const jenkinsSection = section({
  "test-job": described(maybe(text()), "A job that a node must pass before it is handed over."),
  url: described(maybe(url()), "Jenkins' address."),
  user: described(maybe(text()), "User to log in to Jenkins as."),
  apikey: described(maybe(anyText()), "That user's API key; better kept in the secrets file."),
  "credentials-id": described(maybe(text()), "Id of the Jenkins credentials to log in to nodes with."),
});

export const targetSection = section({
  name: described(nameText(), "Name shown with every node."),
  hostname: described(
    optional(template(hostnameFields), "{label.name}-{provider.name}-{node_id}"),
    "How nodes are named.",
  ),
  "subnode-hostname": described(
    optional(
      template(subnodeHostnameFields),
      "{label.name}-{provider.name}-{node_id}-{subnode_id}",
    ),
    "How subnodes are named.",
  ),
  rate: described(
    optional(duration(), 1),
    "From the start of one request to Jenkins to the start of the next.",
  ),
  "assign-via-gearman": described(
    optional(flag(), false),
    "Assign nodes over Gearman instead of Jenkins' API.",
  ),
  images: former("labels say what is kept ready"),
  jenkins: described(v.nullish(jenkinsSection), "The Jenkins that nodes are added to."),
});

export type TargetSection = v.InferOutput<typeof targetSection>;

/** The secrets file's entry for a target's Jenkins, which wins over the configuration. */
type JenkinsSecrets = Partial<JenkinsConfig>;

export function targetConfig(
  target: TargetSection,
  { secrets }: { secrets: JenkinsSecrets | null },
): TargetConfig {
  return {
    name: target.name,
    hostname: target.hostname,
    subnodeHostname: target["subnode-hostname"],
    rate: target.rate,
    assignViaGearman: target["assign-via-gearman"],
    jenkins: target.jenkins || secrets ? { ...jenkinsConfig(target.jenkins ?? {}), ...secrets } : null,
  };
}

function jenkinsConfig(jenkins: Partial<v.InferOutput<typeof jenkinsSection>>): JenkinsConfig {
  return {
    url: jenkins.url ?? null,
    user: jenkins.user ?? null,
    apiKey: jenkins.apikey ?? null,
    credentialsId: jenkins["credentials-id"] ?? null,
    testJob: jenkins["test-job"] ?? null,
  };
}
