/**
 * The YAML library, for those who load it only when they need it: in the bundle that is compiled, a package that is
 * imported dynamically has no names, so that the dynamic import is of this file.
 */
export { stringify } from "yaml";
