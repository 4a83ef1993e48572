/** The defaults of openstacksdk for settings that a cloud does not give; only those that matter here. */
import type { Settings } from "./settings.ts";

export function cloudDefaults(): Settings {
  return Object.assign(Object.create(null), {
    verify: true,
    cacert: null,
    cert: null,
    key: null,
    auth_type: "password",
    interface: "public",
    image_format: "qcow2",
    floating_ip_source: "neutron",
    network_api_version: "2",
    object_store_api_version: "1",
  });
}
