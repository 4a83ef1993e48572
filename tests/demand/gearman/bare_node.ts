/** A node as a manager is told of it. */
export const bareNode = {
  name: "bare-1",
  host: "127.0.0.9",
  description: "a node",
  labels: "bare",
  root: "/home/jenkins",
};
