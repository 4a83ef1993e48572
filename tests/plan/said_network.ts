/** A network as clouds.yaml may describe it: what is not given is not said of it. */
export function saidNetwork(name: string, fields: object = {}) {
  return {
    name,
    routesV4: false,
    routesV6: false,
    natSource: false,
    natDestination: false,
    defaultInterface: false,
    ...fields,
  };
}
