/**
 * The names of all operations that the simulated services know: what the patterns of fault rules are held against, so
 * that one that fits nothing is reported. A test reaches each of them, and no other.
 */
const verbs = {
  catalog: "list",
  domain: "list",
  extension: "list show",
  flavor: "list show specs",
  floatingip: "create delete list show update",
  image: "create delete download list show update upload",
  keypair: "create delete list show",
  limits: "show",
  member: "list",
  metadata: "delete list replace set show update",
  network: "list show",
  port: "create delete list show",
  project: "list show",
  quota: "show",
  schema: "show",
  securitygroup: "list show",
  server: "action addresses create delete interfaces list show snapshot",
  subnet: "list show",
  token: "create delete show",
  version: "list show",
  zone: "list",
};

/** `server.create`, `image.upload`, … */
export const simulatedOperations: readonly string[] = Object.entries(verbs).flatMap(([subject, all]) =>
  all.split(" ").map((verb) => `${subject}.${verb}`)
);
