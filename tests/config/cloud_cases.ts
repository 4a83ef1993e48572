/** Variants of clouds.yaml, its companions and variables, each to be read as openstacksdk reads it. */

export interface CloudCase {
  readonly title: string;
  /** By path below the home directory (`~/…`) or the working directory. */
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cloud: string;
  /** openstacksdk refuses it, and so do we. */
  readonly refused?: true;
  readonly own?: { readonly regionName?: string; readonly settings?: Record<string, unknown> };
}

const password =
  "    auth: {auth_url: https://k.example.org:5000/v3, username: u, password: p, project_name: x}\n";

const clouds = (body: string) => ({ "clouds.yaml": `clouds:\n${body}` });

export const cloudCases: readonly CloudCase[] = [
  {
    title: "user, project and domains by name",
    files: clouds(`  a:
    auth:
      auth_url: http://k/v3
      username: u
      password: p
      project_name: x
      user_domain_name: Users
      project_domain_name: Projects
    region_name: One
    interface: internal
    identity_api_version: 3
`),
    cloud: "a",
  },
  {
    title: "dashes in keys, numbers and names beside auth",
    files: clouds(`  a:
    auth-type: password
    region-name: One
    auth:
      auth-url: http://k/v3
      user_name: u
      password: 12345
    project-id: 42
    user-domain-id: default
    compute-api-version: '2.60'
`),
    cloud: "a",
  },
  {
    title: "older names: tenant, endpoint_type, auth_plugin",
    files: clouds(`  a:
    auth: {auth_url: "http://k/v2.0/", username: u, password: p, tenant_name: old}
    endpoint_type: internalURL
    compute_endpoint_type: admin
    auth_plugin: password
`),
    cloud: "a",
  },
  {
    title: "project_name wins over tenant_name",
    files: clouds(
      "  a: {auth: {auth_url: http://k, username: u, password: p, tenant_name: t, project_name: n}}\n",
    ),
    cloud: "a",
  },
  {
    title: "secrets in secure.yaml, found in ~/.config/openstack",
    files: {
      "~/.config/openstack/clouds.yaml":
        "clouds:\n  a:\n    auth: {auth_url: http://k, username: u, project_name: x}\n",
      "~/.config/openstack/secure.yaml": "clouds:\n  a:\n    auth: {password: hidden}\n",
    },
    cloud: "a",
  },
  {
    title: "a profile of clouds-public.yaml",
    files: {
      ...clouds(
        "  a:\n    profile: ours\n    region_name: two\n    auth: {username: u, password: p, project_name: x}\n",
      ),
      "clouds-public.yaml": `public-clouds:
  ours:
    auth: {auth_url: "https://{region_name}.example.org/v3", user_domain_name: D}
    image_format: raw
    regions: [one, two]
`,
    },
    cloud: "a",
  },
  {
    title: "a profile's first region where none is named",
    files: clouds("  a:\n    profile: citycloud\n    auth: {username: u, password: p, project_name: x}\n"),
    cloud: "a",
  },
  {
    title: "a known vendor with its service names and a region of the provider's",
    files: clouds("  rax:\n    cloud: rackspace\n    auth: {username: u, password: p, project_id: '7'}\n"),
    cloud: "rax",
    own: { regionName: "IAD" },
  },
  {
    title: "regions with settings of their own, the first taken",
    files: clouds(`  a:
${password}    regions:
      - name: east
        values: {image_format: raw, auth: {project_name: eastern}}
      - west
`),
    cloud: "a",
  },
  {
    title: "regions with settings of their own, another one wanted",
    files: clouds(
      `  a:\n${password}    regions:\n      - {name: east, values: {image_format: raw}}\n      - west\n`,
    ),
    cloud: "a",
    own: { regionName: "west" },
  },
  {
    title: "a region that the cloud does not have",
    files: clouds(`  a:\n${password}    regions: [east, west]\n`),
    cloud: "a",
    refused: true,
    own: { regionName: "north" },
  },
  {
    title: "several regions in one text",
    files: clouds(`  a:\n${password}    region_name: "A,B"\n`),
    cloud: "a",
  },
  {
    title: "one domain for user and project",
    files: clouds(
      "  a:\n    domain_name: Both\n    auth: {auth_url: http://k, username: u, password: p, project_name: x}\n",
    ),
    cloud: "a",
  },
  {
    title: "a domain as the scope",
    files: clouds(
      "  a: {auth: {auth_url: http://k, username: u, password: p, user_domain_id: d, domain_id: d}}\n",
    ),
    cloud: "a",
  },
  {
    title: "the system as the scope",
    files: clouds(
      "  a: {auth: {auth_url: http://k, username: u, password: p, user_domain_id: d, system_scope: all}}\n",
    ),
    cloud: "a",
  },
  {
    title: "a token",
    files: clouds("  a: {auth_type: v3token, auth: {auth_url: http://k, token: abc, project_id: '1'}}\n"),
    cloud: "a",
  },
  {
    title: "an application credential",
    files: clouds(`  a:
    auth_type: v3applicationcredential
    auth: {auth_url: http://k, application_credential_id: i, application_credential_secret: s}
`),
    cloud: "a",
  },
  {
    title: "an application credential by name",
    files: clouds(`  a:
    auth_type: v3applicationcredential
    auth:
      auth_url: http://k
      application_credential_name: n
      application_credential_secret: s
      username: u
      user_domain_name: D
`),
    cloud: "a",
  },
  {
    title: "TLS: own authorities and a client certificate",
    files: clouds(`  a:\n${password}    cacert: /etc/ca.pem\n    cert: /etc/c.pem\n    key: /etc/k.pem\n`),
    cloud: "a",
  },
  { title: "TLS: not verified", files: clouds(`  a:\n${password}    verify: false\n`), cloud: "a" },
  { title: "TLS: insecure, as text", files: clouds(`  a:\n${password}    insecure: "True"\n`), cloud: "a" },
  {
    title: "braces: overrides name settings, doubled ones stay, passwords are left alone",
    files: clouds(`  a:
    region_name: One
    auth: {auth_url: "https://{region_name}.k", username: u, password: "{p}", project_name: x}
    compute_endpoint_override: "https://{region_name}.example.org/{auth[project_name]}"
    message: "{{literally}}"
`),
    cloud: "a",
  },
  {
    title: "braces that name nothing",
    files: clouds(`  a:\n${password}    compute_endpoint_override: "https://{nowhere}"\n`),
    cloud: "a",
    refused: true,
  },
  {
    title: "volume versions under an older name",
    files: clouds(`  a:\n${password}    volume_api_version: 3\n    compute_service_name: c\n`),
    cloud: "a",
  },
  {
    title: "a cloud of variables",
    files: {},
    env: {
      OS_AUTH_URL: "http://k/v3",
      OS_USERNAME: "u",
      OS_PASSWORD: "p",
      OS_PROJECT_NAME: "x",
      OS_USER_DOMAIN_NAME: "D",
      OS_PROJECT_DOMAIN_ID: "default",
      OS_REGION_NAME: "One",
      OS_IDENTITY_API_VERSION: "3",
      OS_INTERFACE: "admin",
      OS_CACERT: "/ca.pem",
    },
    cloud: "envvars",
  },
  {
    title: "a cloud of variables under a name of its own",
    files: clouds(`  a:\n${password}`),
    env: {
      OS_CLOUD_NAME: "mine",
      OS_AUTH_URL: "http://k",
      OS_USERNAME: "u",
      OS_PASSWORD: "p",
      OS_PROJECT_ID: "1",
    },
    cloud: "mine",
  },
  {
    title: "variables that clash with a cloud of that name",
    files: clouds(`  a:\n${password}`),
    env: { OS_CLOUD_NAME: "a", OS_AUTH_URL: "http://k" },
    cloud: "a",
    refused: true,
  },
  {
    title: "variables that only choose describe no cloud",
    files: clouds(`  a:\n${password}`),
    env: { OS_REGION_NAME: "One" },
    cloud: "envvars",
    refused: true,
  },
  {
    title: "the file that a variable names",
    files: { "elsewhere.yaml": `clouds:\n  b:\n${password}`, ...clouds(`  a:\n${password}`) },
    env: { OS_CLIENT_CONFIG_FILE: "elsewhere.yaml" },
    cloud: "b",
  },
  {
    title: "a file that a variable names and that is not there",
    files: clouds(`  a:\n${password}`),
    env: { OS_CLIENT_CONFIG_FILE: "nowhere.yaml" },
    cloud: "a",
  },
  {
    title: "a file with the other ending",
    files: { "clouds.yml": `clouds:\n  a:\n${password}` },
    cloud: "a",
  },
  {
    title: "JSON",
    files: {
      "clouds.json":
        `{"clouds": {"a": {"auth": {"auth_url": "http://k", "username": "u", "password": "p", "project_id": 5}}}}`,
    },
    cloud: "a",
  },
  { title: "a cloud that is not there", files: clouds(`  a:\n${password}`), cloud: "b", refused: true },
  { title: "no file at all", files: {}, cloud: "a", refused: true },
  {
    title: "anchors and merges",
    files: {
      "clouds.yaml": `base: &base
  region_name: One
  auth: &auth {auth_url: http://k, username: u, password: p, project_name: x}
clouds:
  a:
    <<: *base
    auth: {<<: *auth, project_name: y}
`,
    },
    cloud: "a",
  },
  {
    title: "a provider's own keys on top of a cloud's",
    files: clouds(`  a:\n${password}`),
    cloud: "a",
    own: {
      settings: {
        auth: { username: "other", project_name: "theirs" },
        compute_service_type: "compute",
        compute_service_name: "nova",
      },
    },
  },
];
