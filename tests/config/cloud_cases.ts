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
  ...["/etc/pki/ca.pem", "~/ca.pem"].map((path): CloudCase => ({
    title: `TLS: verify as the path ${path}`,
    files: clouds(`  a:\n${password}    verify: ${path.replace("~", "/home/me")}\n`),
    cloud: "a",
  })),
  {
    title: "TLS: cacert wins over a path in verify",
    files: clouds(`  a:\n${password}    verify: /one.pem\n    cacert: /other.pem\n`),
    cloud: "a",
  },
  {
    title: "TLS: insecure wins over a path in verify",
    files: clouds(`  a:\n${password}    verify: /one.pem\n    insecure: true\n`),
    cloud: "a",
  },
  {
    title: "TLS: a client certificate and its key, with dashes nowhere",
    files: clouds(`  a:\n${password}    cert: /c.pem\n    verify: true\n`),
    cloud: "a",
  },
  {
    title: "an application credential without auth_type",
    files: clouds(
      "  a: {auth: {auth_url: http://k, application_credential_id: i, application_credential_secret: s}}\n",
    ),
    cloud: "a",
    refused: true,
  },
  {
    title: "an application credential beside auth",
    files: clouds(`  a:
    auth_type: v3applicationcredential
    application_credential_id: i
    application_credential_secret: s
    auth: {auth_url: http://k}
`),
    cloud: "a",
  },
  {
    title: "a token without auth_type",
    files: clouds("  a: {auth: {auth_url: http://k, token: t, project_name: x}}\n"),
    cloud: "a",
    refused: true,
  },
  {
    title: "networks: what they route, where floating IPs come from and lead to, and which is logged in on",
    files: clouds(`  a:
${password}    networks:
      - {name: ext, routes_externally: true, nat_source: true, default_interface: true}
      - {name: lan, nat_destination: true}
      - {name: six, routes_externally: true, routes_ipv4_externally: false}
      - {name: plain}
`),
    cloud: "a",
  },
  {
    title: "networks: texts for booleans",
    files: clouds(
      `  a:\n${password}    networks: [{name: ext, routes_externally: "TRUE", nat_source: "yes"}, {name: "7"}]\n`,
    ),
    cloud: "a",
  },
  ...["{routes_externally: true}", "{name: ''}"].map((entry): CloudCase => ({
    title: `networks: an entry without a name (${entry})`,
    files: clouds(`  a:\n${password}    networks: [${entry}]\n`),
    cloud: "a",
    refused: true,
  })),
  ...["nat_destination", "default_interface"].map((key): CloudCase => ({
    title: `networks: two with ${key}`,
    files: clouds(`  a:\n${password}    networks: [{name: x, ${key}: true}, {name: y, ${key}: true}]\n`),
    cloud: "a",
    refused: true,
  })),
  {
    title: "external_network and internal_network, the older keys",
    files: clouds(`  older:\n${password}    external_network: ext\n    internal_network: lan\n`),
    cloud: "older",
  },
  {
    title: "external_network beside networks",
    files: clouds(`  a:\n${password}    external_network: ext\n    networks: [{name: lan}]\n`),
    cloud: "a",
    refused: true,
  },
  {
    title: "private, floating_ip_source and the use of networks",
    files: clouds(`  a:
${password}    private: true
    floating_ip_source: None
    use_external_network: false
    use_internal_network: true
`),
    cloud: "a",
  },
  ...[
    ["force_ipv4: true", ""],
    ["prefer_ipv6: false", ""],
    ["", "client: {force_ipv4: true}"],
    ["", "client: {prefer-ipv6: false}"],
    ["", "client: {broken-ipv6: 'True'}"],
    ["force_ipv4: false", "client: {force_ipv4: true}"],
  ].map(([own, client]): CloudCase => ({
    title: `IPv6: ${own} ${client}`,
    files: { "clouds.yaml": `clouds:\n  a:\n${password}${own && `    ${own}\n`}${client}\n` },
    cloud: "a",
  })),
  ...[["OS_FORCE_IPV4", "true"], ["OS_PREFER_IPV6", "false"], ["OS_PREFER_IPV6", "true"]].map(
    ([name, value]): CloudCase => ({
      title: `IPv6: ${name}=${value} wins over the file's client section`,
      files: { "clouds.yaml": `clouds:\n  a:\n${password}client: {prefer_ipv6: true}\n` },
      env: { [name!]: value! },
      cloud: "a",
    }),
  ),
  {
    title: "interfaces and regions of single services",
    files: clouds(`  a:
${password}    region_name: One
    interface: public
    compute_interface: internal
    network_endpoint_type: adminURL
    compute_region_name: Two
`),
    cloud: "a",
  },
  {
    title: "several interfaces, the preferred one first",
    files: clouds(
      `  a:\n${password}    interface: [internal, public]\n    compute_interface: [admin, public]\n`,
    ),
    cloud: "a",
  },
  {
    title: "regions as a list in region_name",
    files: clouds(`  a:\n${password}    region_name: [east, west]\n`),
    cloud: "a",
    own: { regionName: "west" },
  },
  {
    title: "everything beside auth",
    files: clouds(`  a:
    auth_url: http://k/v3
    username: u
    password: p
    project_name: x
    user_domain_name: D
    project_domain_name: E
`),
    cloud: "a",
  },
  {
    title: "older names of timeouts",
    files: clouds(`  a:\n${password}    compute_timeout: 30\n    verify: true\n`),
    cloud: "a",
  },
  ...["1e3", "12345", "2026-01-01", "1.5"].map((
    text,
  ): CloudCase => ({
    title: `a password that YAML may read as something else: ${text}`,
    files: clouds(`  a: {auth: {auth_url: http://k, username: u, password: ${text}, project_name: x}}\n`),
    cloud: "a",
  })),
  {
    title: "secrets in the file that a variable names",
    files: {
      ...clouds("  a: {auth: {auth_url: http://k, username: u, project_name: x}}\n"),
      "hidden/secrets.yaml": "clouds: {a: {auth: {password: s}, private: true}}\n",
    },
    env: { OS_CLIENT_SECURE_FILE: "hidden/secrets.yaml" },
    cloud: "a",
  },
  {
    title: "clouds-public.yaml in the home directory, with networks and regions of its own",
    files: {
      ...clouds("  a: {profile: ours, auth: {username: u, password: p, project_name: x}}\n"),
      "~/.config/openstack/clouds-public.yaml": `public-clouds:
  ours:
    auth: {auth_url: "https://{region_name}.k"}
    networks: [{name: ext, routes_externally: true}]
    floating_ip_source: None
    regions:
      - {name: one, values: {interface: internal}}
`,
    },
    cloud: "a",
  },
  {
    title: "variables: older names, an application credential, domains",
    files: {},
    env: {
      OS_AUTH_TYPE: "v3applicationcredential",
      OS_AUTH_URL: "http://k/v3",
      OS_APPLICATION_CREDENTIAL_ID: "i",
      OS_APPLICATION_CREDENTIAL_SECRET: "s",
      OS_ENDPOINT_TYPE: "internalURL",
      OS_COMPUTE_API_VERSION: "2.60",
      OS_INSECURE: "true",
    },
    cloud: "envvars",
  },
  {
    title: "variables: a token, a tenant",
    files: {},
    env: {
      OS_AUTH_TYPE: "token",
      OS_AUTH_URL: "http://k",
      OS_TOKEN: "t",
      OS_TENANT_NAME: "x",
      OS_CLOUD: "envvars",
    },
    cloud: "envvars",
  },
  {
    title: "variables do not change a cloud of the file",
    files: clouds(`  a:\n${password}`),
    env: { OS_AUTH_URL: "http://other", OS_USERNAME: "other", OS_INTERFACE: "admin", OS_PRIVATE: "1" },
    cloud: "a",
  },
];
