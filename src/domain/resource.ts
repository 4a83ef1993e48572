/** The resources that a provider can run out of: its configured max-servers, and the cloud's quotas. */
export type Resource = "maxServers" | "instances" | "cores" | "ramMib" | "floatingIps" | "ports";

export const resourceNames: Readonly<Record<Resource, string>> = {
  maxServers: "max-servers",
  instances: "instances",
  cores: "cores",
  ramMib: "RAM MiB",
  floatingIps: "floating IPs",
  ports: "ports",
};
