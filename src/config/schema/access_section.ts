/**
 * How a cloud is reached, as it is shown: what came of a provider's own keys and of clouds.yaml. Of the login, only
 * what is listed here is shown, so that everything else that an authentication method needs is hidden. `viewConfig`
 * reads it.
 */
import * as v from "valibot";
import { textMap } from "./fields.ts";
import { section, withTraits } from "./section.ts";

/** Shown with all that is in it. */
export const openField = v.pipe(v.unknown(), withTraits({ isOpen: true }));

export const accessSection = section({
  ...openFields([
    "name",
    "auth-url",
    "scope",
    "region-name",
    "interfaces",
    "service-interfaces",
    "service-regions",
  ]),
  ...openFields(["verify", "cacert", "cert", "key", "image-format", "routing", "proxy"]),
  auth: section(openFields(["method", "id", "name", "user-id", "username", "user-domain"])),
  "endpoint-overrides": textMap(),
  "api-versions": textMap(),
  "service-types": textMap(),
  "service-names": textMap(),
});

function openFields(keys: readonly string[]): Record<string, typeof openField> {
  return Object.fromEntries(keys.map((key) => [key, openField]));
}
