/** `targets[]`: where nodes are handed to, and how they are named. */
import { hostnameFields, subnodeHostnameFields } from "../../domain/name_fields.ts";
import type { JenkinsConfig, TargetConfig } from "../../domain/config.ts";
import * as v from "valibot";
import {
  described,
  duration,
  flag,
  former,
  maybe,
  nameText,
  optional,
  secret,
  template,
  text,
  url,
} from "./fields.ts";
import { fieldsOf, section } from "./section.ts";

export const jenkinsSection = section({
  "test-job": maybe(text(), "A job that a node must pass before it is handed over."),
  url: maybe(url(), "Jenkins' address."),
  user: maybe(text(), "User to log in to Jenkins as."),
  apikey: maybe(secret(), "That user's API key; better kept in the secrets file."),
  "credentials-id": maybe(text(), "Id of the Jenkins credentials to log in to nodes with."),
});

export const targetSection = section({
  name: described(nameText(), "Name shown with every node."),
  hostname: optional(
    template(hostnameFields),
    "{label.name}-{provider.name}-{node_id}",
    "How nodes are named.",
  ),
  "subnode-hostname": optional(
    template(subnodeHostnameFields),
    "{label.name}-{provider.name}-{node_id}-{subnode_id}",
    "How subnodes are named.",
  ),
  rate: optional(duration(), 1, "From the start of one request to Jenkins to the start of the next."),
  "assign-via-gearman": optional(flag(), false, "Assign nodes over Gearman instead of Jenkins' API."),
  images: former("labels say what is kept ready"),
  jenkins: described(v.nullish(jenkinsSection), "The Jenkins that nodes are added to."),
});

type TargetSection = v.InferOutput<typeof targetSection>;

/** The secrets file's entry for a target's Jenkins, which wins over the configuration. */
type JenkinsSecrets = Partial<JenkinsConfig>;

export function targetConfig(
  target: TargetSection,
  { secrets }: { secrets: JenkinsSecrets | null },
): TargetConfig {
  const fields = fieldsOf(targetSection, target);
  const jenkins = target.jenkins || secrets
    ? { ...fieldsOf(jenkinsSection, target.jenkins ?? {}), ...secrets }
    : null;
  return { ...fields, jenkins };
}
