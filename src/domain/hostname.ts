/** Names made from templates such as `{label.name}-{provider.name}-{node_id}`. */

/** Fields that a target's `hostname` may use. */
export const hostnameFields = ["label.name", "provider.name", "node_id"] as const;

/** Fills a template; fields that are not given stay as they are (the configuration has been checked). */
export function fillTemplate(template: string, fields: Readonly<Record<string, string>>): string {
  return template.replace(
    /\{([^{}]+)\}/g,
    (whole, field: string) => Object.hasOwn(fields, field) ? fields[field] ?? whole : whole,
  );
}

/** The hostname up to its first dot. */
export function nodenameOf(hostname: string): string {
  const dot = hostname.indexOf(".");
  return dot < 0 ? hostname : hostname.slice(0, dot);
}
