/**
 * Public clouds that openstacksdk knows by name, so that `profile: NAME` needs no more than a user and a
 * password. Facts of those clouds as openstacksdk 0.101 has them; clouds-public.yaml may say otherwise and wins.
 */
import type { Settings } from "./settings.ts";

interface VendorProfile {
  readonly authUrl?: string;
  readonly regions?: readonly string[];
  /** Further settings, by clouds.yaml's names. */
  readonly settings?: Settings;
  /** The user's and the project's domain. */
  readonly domain?: string;
}

const v3 = { identity_api_version: "3" };
const noFloatingIps = { floating_ip_source: "None" };

const PROFILES: Readonly<Record<string, VendorProfile>> = {
  auro: {
    authUrl: "https://api.van2.auro.io:5000/v3",
    domain: "Default",
    settings: { ...v3, region_name: "RegionOne", requires_floating_ip: true },
  },
  betacloud: {
    authUrl: "https://api-1.betacloud.de:5000",
    regions: ["betacloud-1"],
    settings: { ...v3, image_format: "raw", block_storage_api_version: "3" },
  },
  bluebox: { settings: { block_storage_api_version: "1", region_name: "RegionOne" } },
  catalyst: {
    authUrl: "https://api.cloud.catalyst.net.nz:5000/v2.0",
    regions: ["nz-por-1", "nz_wlg_2"],
    settings: { image_api_version: "1", block_storage_api_version: "1", image_format: "raw" },
  },
  citycloud: {
    authUrl: "https://{region_name}.citycloud.com:5000/v3/",
    regions: ["Buf1", "Fra1", "Lon1", "Sto2", "Kna1", "dx1", "tky1"],
    settings: { ...v3, requires_floating_ip: true, block_storage_api_version: "1" },
  },
  conoha: {
    authUrl: "https://identity.{region_name}.conoha.io",
    regions: ["sin1", "sjc1", "tyo1"],
    settings: { identity_api_version: "2" },
  },
  dreamcompute: {
    authUrl: "https://iad2.dream.io:5000",
    settings: { ...v3, region_name: "RegionOne", image_format: "raw" },
  },
  elastx: { authUrl: "https://ops.elastx.cloud:5000/v3", settings: { ...v3, region_name: "se-sto" } },
  entercloudsuite: {
    authUrl: "https://api.entercloudsuite.com/",
    regions: ["it-mil1", "nl-ams1", "de-fra1"],
    settings: { ...v3, image_api_version: "1", block_storage_api_version: "1" },
  },
  fuga: {
    authUrl: "https://identity.api.fuga.io:5000",
    domain: "Default",
    regions: ["cystack"],
    settings: { ...v3, block_storage_api_version: "3" },
  },
  ibmcloud: {
    authUrl: "https://identity.open.softlayer.com",
    regions: ["london"],
    settings: { ...v3, block_storage_api_version: "2" },
  },
  internap: {
    authUrl: "https://identity.api.cloud.iweb.com",
    regions: ["ams01", "da01", "nyj01", "sin01", "sjc01"],
    settings: { ...v3, ...noFloatingIps },
  },
  limestonenetworks: {
    authUrl: "https://auth.cloud.lstn.net:5000/v3",
    regions: ["us-dfw-1", "us-slc"],
    settings: {
      ...v3,
      image_format: "raw",
      volume_api_version: "3",
      networks: [
        { name: "Public Internet", routes_externally: true, default_interface: true, nat_source: true },
        { name: "DDoS Protected", routes_externally: true },
        { name: "Private Network (10.0.0.0/8 only)" },
        { name: "Private Network (Floating Public)", nat_destination: true },
      ],
    },
  },
  otc: {
    authUrl: "https://iam.{region_name}.otc.t-systems.com/v3",
    regions: ["eu-de", "eu-nl"],
    settings: { ...v3, interface: "public", image_format: "qcow2", vendor_hook: "otcextensions.sdk:load" },
  },
  ovh: {
    authUrl: "https://auth.cloud.ovh.net/",
    domain: "Default",
    regions: [
      ...["BHS", "BHS1", "BHS3", "BHS5", "DE", "DE1", "GRA", "GRA1", "GRA5", "GRA7"],
      ...["SBG", "SBG1", "SBG5", "UK", "UK1", "WAW", "WAW1", "SYD1", "SGP1"],
    ],
    settings: { ...v3, ...noFloatingIps },
  },
  "ovh-us": {
    authUrl: "https://auth.cloud.ovh.us/",
    domain: "Default",
    regions: ["US-EAST-VA-1"],
    settings: { ...v3, ...noFloatingIps },
  },
  rackspace: {
    authUrl: "https://identity.api.rackspacecloud.com/v2.0/",
    regions: ["DFW", "HKG", "IAD", "ORD", "SYD", "LON"],
    settings: {
      ...noFloatingIps,
      database_service_type: "rax:database",
      compute_service_name: "cloudServersOpenStack",
      image_api_use_tasks: true,
      image_format: "vhd",
      secgroup_source: "None",
      requires_floating_ip: false,
      block_storage_endpoint_override: "https://{region_name}.blockstorage.api.rackspacecloud.com/v2/",
      block_storage_api_version: "2",
      disable_vendor_agent: { vm_mode: "hvm", xenapi_use_agent: "False" },
      has_network: false,
    },
  },
  switchengines: {
    authUrl: "https://keystone.cloud.switch.ch:5000/v3",
    regions: ["LS", "ZH"],
    settings: { ...v3, image_format: "raw" },
  },
  ultimum: {
    authUrl: "https://console.ultimum-cloud.com:5000/",
    settings: { ...v3, block_storage_api_version: "1", "region-name": "RegionOne" },
  },
  unitedstack: {
    authUrl: "https://identity.api.ustack.com/v3",
    regions: ["bj1", "gd1"],
    settings: { ...v3, ...noFloatingIps, block_storage_api_version: "1", image_format: "raw" },
  },
  zetta: {
    authUrl: "https://identity.api.zetta.io/v3",
    regions: ["no-osl1"],
    settings: { ...v3, dns_api_version: "2" },
  },
};

/** Names of the profiles known without a file. */
export const vendorNames: readonly string[] = Object.keys(PROFILES);

/** A known public cloud's settings; null where the name is not known. */
export function vendorProfile(name: string): Settings | null {
  if (!Object.hasOwn(PROFILES, name)) return null;
  const { authUrl, regions, settings, domain } = PROFILES[name]!;
  const auth = {
    ...authUrl && { auth_url: authUrl },
    ...domain && { user_domain_name: domain, project_domain_name: domain },
  };
  return { ...settings, ...authUrl && { auth }, ...regions && { regions: [...regions] } };
}
