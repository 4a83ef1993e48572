# The OpenStack services themselves, one `start_NAME` each (its dashes as underscores); `up` and `restart` call them.

declare -A service_port=([keystone]=5000 [glance]=9292 [placement]=8778 [nova-api]=8774 [neutron]=9696)

wsgi() { # NAME SCRIPT VARIABLE=VALUE
  start "$1" env "$3" uwsgi --plugin python3 --master --die-on-term --no-orphans --need-app \
    --http-socket "127.0.0.1:${service_port[$1]}" --listen 100 --processes 3 --enable-threads \
    --buffer-size 65535 --thunder-lock --add-header 'Connection: close' --wsgi-file "$2"
}

script() { # NAME SCRIPT CONFIG-FILE: one of the services' own console scripts
  start "$1" env PYTHONPATH="$lib" /usr/bin/python3 "$packages/usr/bin/$2" --config-file "$etc/$3"
}

start_keystone() { wsgi keystone /usr/bin/keystone-wsgi-public OS_KEYSTONE_CONFIG_FILES="$etc/keystone.conf"; }
start_placement() { wsgi placement /usr/bin/placement-api OS_PLACEMENT_CONFIG_DIR="$etc"; }
start_glance() { script glance glance-api glance-api.conf; }
start_neutron() { script neutron neutron-server neutron.conf; }
start_nova_api() { script nova-api nova-api nova.conf; }
start_nova_conductor() { script nova-conductor nova-conductor nova.conf; }
start_nova_scheduler() { script nova-scheduler nova-scheduler nova.conf; }

start_nova_compute() {
  local host
  for host in "${compute_hosts[@]}"; do
    start "nova-compute-$host" env DEVCLOUD_SSHD_MODE="$etc/sshd_mode" /usr/bin/python3 "$lib/devcloud_compute.py" \
      --config-file "$etc/nova.conf" --config-file "$etc/$host.conf"
  done
}

# The servers' own sshds (DEVCLOUD_SSHD=server); devcloud_compute.py starts them.
stop_own_sshds() {
  local file pid
  for file in "$data"/servers/*/sshd.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    if grep -qzF "$file" "/proc/$pid/cmdline" 2>/dev/null; then kill "$pid"; fi
    rm -f "$file"
  done
}

start_sshd() {
  local mode
  mode=$(cat "$etc/sshd_mode")
  id "$ssh_user" >/dev/null 2>&1 || useradd -m -s /bin/bash -p '*' "$ssh_user"
  mkdir -p /run/sshd "$data/sshd"
  [ "$mode" = server ] || stop_own_sshds
  if [ "$mode" != shared ]; then
    stop sshd
    return
  fi
  [ -e "$data/sshd/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$data/sshd/host_key"
  start sshd /usr/sbin/sshd -D -f "$etc/sshd_config" -o "HostKey=$data/sshd/host_key" \
    -o "AuthorizedKeysFile=$etc/authorized_keys" -o PidFile=none -o ListenAddress=0.0.0.0:22
  wait_for sshd listens 22
}

wait_for_service() { # NAME; at once for those that listen on no port
  [ -z "${service_port[$1]:-}" ] || wait_for "$1" answers "http://127.0.0.1:${service_port[$1]}/"
}

# Without Keystone's users Nova's services die, and without Placement nova-compute reports only a minute later. For
# the rest they wait by themselves.
start_services() {
  start_keystone
  start_placement
  start_nova_conductor
  start_nova_scheduler
  start_neutron
  start_nova_api
  start_glance
  start_sshd
  wait_for_service keystone
  wait_for_service placement
  start_nova_compute
  wait_for_service glance
  wait_for_service neutron
  wait_for_service nova-api
}

# Is every nova-compute mapped to the cell, and has it reported since the moment given?
hosts_reported_since() { # SECONDS
  local reported
  reported=$(sql -N nova -e "SELECT count(*) FROM services s JOIN nova_api.host_mappings m ON m.host = s.host
    WHERE s.binary = 'nova-compute' AND s.updated_at >= FROM_UNIXTIME($1)")
  [ "$reported" -ge "${#compute_hosts[@]}" ]
}
