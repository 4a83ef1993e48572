/**
 * The text of every topic of the manual, in the order in which the list shows them. Loaded only when the manual is
 * read: the texts are part of the program.
 */
import exampleConfig from "../../config.example.yaml" with { type: "text" };
import start from "../../README.md" with { type: "text" };
import commands from "./commands.md" with { type: "text" };
import concepts from "./concepts.md" with { type: "text" };
import configuration from "./configuration.md" with { type: "text" };
import deletions from "./deletions.md" with { type: "text" };
import developing from "./developing.md" with { type: "text" };
import endpoint from "./endpoint.md" with { type: "text" };
import glossary from "./glossary.md" with { type: "text" };
import images from "./images.md" with { type: "text" };
import install from "./install.md" with { type: "text" };
import jobs from "./jobs.md" with { type: "text" };
import json from "./json.md" with { type: "text" };
import metadata from "./metadata.md" with { type: "text" };
import metrics from "./metrics.md" with { type: "text" };
import migration from "./migration.md" with { type: "text" };
import operating from "./operating.md" with { type: "text" };
import severalMachines from "./several-machines.md" with { type: "text" };
import statsd from "./statsd.md" with { type: "text" };
import subnodes from "./subnodes.md" with { type: "text" };
import targets from "./targets.md" with { type: "text" };
import troubleshooting from "./troubleshooting.md" with { type: "text" };
import tutorial from "./tutorial.md" with { type: "text" };

export { exampleConfig };

/** By the name that `nodepool manual` takes. */
export const topicTexts: Readonly<Record<string, string>> = {
  start,
  tutorial,
  concepts,
  install,
  configuration,
  settings: `# Settings

Every setting with its default and its meaning: config.example.yaml.

\`\`\`yaml
${exampleConfig}\`\`\`
`,
  images,
  subnodes,
  jobs,
  targets,
  operating,
  "several-machines": severalMachines,
  troubleshooting,
  deletions,
  commands,
  endpoint,
  json,
  metadata,
  metrics,
  statsd,
  migration,
  glossary,
  developing,
};
