# The configuration files of the cloud's services: only what differs from their defaults. `up` calls
# `write_configuration` at every run, and a service whose file changed is started again.

broker_url=rabbit://guest:guest@127.0.0.1:5672/

database_url() { # NAME
  echo "mysql+pymysql://devcloud:$password@localhost/$1?unix_socket=$database_socket&charset=utf8"
}

credentials() {
  cat <<EOF
auth_type = password
auth_url = $auth_url
username = service
password = $password
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
EOF
}

common() {
  cat <<EOF

[keystone_authtoken]
www_authenticate_uri = $auth_url
memcached_servers = 127.0.0.1:11211
service_token_roles_required = true
$(credentials)

[oslo_concurrency]
lock_path = $data/lock

[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 0
EOF
}

configure_keystone() {
  cat >"$etc/keystone.conf" <<EOF
[database]
connection = $(database_url keystone)
[token]
provider = fernet
expiration = $DEVCLOUD_TOKEN_TTL
[fernet_tokens]
key_repository = $data/keystone/fernet
[fernet_receipts]
key_repository = $data/keystone/fernet
[credential]
key_repository = $data/keystone/credential
[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = 127.0.0.1:11211
[identity]
password_hash_rounds = 4
EOF
}

configure_placement() {
  cat >"$etc/placement.conf" <<EOF
[placement_database]
connection = $(database_url placement)
[api]
auth_strategy = keystone
$(common)
EOF
}

configure_glance() {
  cat >"$etc/glance-api.conf" <<EOF
[DEFAULT]
bind_host = 127.0.0.1
workers = 1
enabled_backends = file:file
[database]
connection = $(database_url glance)
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $data/glance/images
[os_glance_staging_store]
filesystem_store_datadir = $data/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $data/glance/tasks
[paste_deploy]
flavor = keystone
config_file = $packages/usr/share/glance-common/glance-api-paste.ini
$(common)
EOF
}

configure_neutron() {
  cat >"$etc/neutron.conf" <<EOF
[DEFAULT]
bind_host = 127.0.0.1
api_paste_config = $packages/usr/share/neutron-common/api-paste.ini
state_path = $data/neutron
transport_url = $broker_url
core_plugin = ml2
service_plugins = devcloud_router
api_workers = 2
rpc_workers = 1
rpc_state_report_workers = 0
dhcp_agent_notification = false
notify_nova_on_port_status_changes = false
[nova]
$(credentials)
[database]
connection = $(database_url neutron)
[quotas]
quota_driver = devcloud_neutron.QuotaDriver
default_quota = -1
quota_network = -1
quota_subnet = -1
quota_port = -1
quota_router = -1
quota_floatingip = -1
quota_security_group = -1
quota_security_group_rule = -1
[ml2]
type_drivers = vxlan
tenant_network_types = vxlan
mechanism_drivers = devcloud
extension_drivers = port_security
[ml2_type_vxlan]
vni_ranges = 1:10000
$(common)
EOF
}

configure_nova() {
  cat >"$etc/nova.conf" <<EOF
[DEFAULT]
my_ip = 127.0.0.1
state_path = $data/nova
transport_url = $broker_url
rpc_response_timeout = 600
enabled_apis = osapi_compute
osapi_compute_listen = 127.0.0.1
osapi_compute_workers = 2
compute_driver = fake.DevcloudDriver
reserved_host_memory_mb = 0
initial_ram_allocation_ratio = 4
resume_guests_state_on_host_boot = true
sync_power_state_interval = -1
heal_instance_info_cache_interval = -1
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
periodic_fuzzy_delay = 0
[api]
auth_strategy = keystone
[wsgi]
api_paste_config = $packages/usr/share/nova-common/api-paste.ini
[api_database]
connection = $(database_url nova_api)
[database]
connection = $(database_url nova)
[conductor]
workers = 2
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 5
[quota]
instances = -1
cores = -1
ram = -1
key_pairs = -1
metadata_items = -1
server_groups = -1
server_group_members = -1
[vnc]
enabled = false
[key_manager]
backend = nova.keymgr.conf_key_mgr.ConfKeyManager
[glance]
api_servers = http://127.0.0.1:9292
[placement]
$(credentials)
[neutron]
$(credentials)
[service_user]
send_service_user_token = true
$(credentials)
$(common)
EOF
}

configure_compute_hosts() {
  local host
  for host in "${compute_hosts[@]}"; do printf '[DEFAULT]\nhost = %s\n' "$host" >"$etc/$host.conf"; done
  echo "$DEVCLOUD_SSHD" >"$etc/sshd_mode" # devcloud_compute.py reads it
  echo "$ssh_user" >"$etc/sshd_user"
}

configure_rabbitmq() {
  cat >"$etc/rabbitmq.conf" <<EOF
listeners.tcp.1 = 127.0.0.1:5672
log.console = true
log.console.level = warning
EOF
  echo '[].' >"$etc/rabbitmq-plugins"
}

configure_sshd() {
  cat >"$etc/sshd_config" <<EOF
AllowUsers $ssh_user
PasswordAuthentication no
StrictModes no
Subsystem sftp internal-sftp
EOF
  touch "$etc/authorized_keys"
}

cloud_entry() { # CLOUD USER
  cat <<EOF
  $1:
    auth_type: password
    auth:
      auth_url: $auth_url
      username: $2
      password: $password
      project_name: $2
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    interface: public
    identity_api_version: 3
EOF
}

write_configuration() {
  mkdir -p "$data"/{lock,nova,neutron,glance/images,keystone}
  configure_keystone
  configure_placement
  configure_glance
  configure_neutron
  configure_nova
  configure_compute_hosts
  configure_rabbitmq
  configure_sshd
  { echo clouds:; cloud_entry devcloud devcloud; cloud_entry devcloud-admin admin; } >"$clouds_file"
}
