# What the services stand on: MariaDB on a Unix socket, RabbitMQ, memcached, and every service's tables.

sql() { mariadb --no-defaults -S "$database_socket" -u root "$@"; }

start_mariadb() {
  if [ ! -d "$data/mariadb/mysql" ]; then
    mkdir -p "$data/mariadb"
    mariadb-install-db --no-defaults --datadir="$data/mariadb" --user=root \
      --auth-root-authentication-method=socket --skip-test-db >"$log/mariadb-install.log" 2>&1
  fi
  # Durability is given up for speed: this cloud can always be created again.
  start mariadb mariadbd --no-defaults --user=root --datadir="$data/mariadb" --socket="$database_socket" \
    --skip-networking --max-connections=1000 --character-set-server=utf8 \
    --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-buffer-pool-size=256M
}

start_rabbitmq() {
  start epmd epmd -address 127.0.0.1
  start rabbitmq env HOME="$data" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_CONF_ENV_FILE=/dev/null \
    RUNNING_UNDER_SYSTEMD=yes RABBITMQ_NODENAME=devcloud@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
    RABBITMQ_CONFIG_FILE="$etc/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$etc/rabbitmq-plugins" \
    RABBITMQ_MNESIA_BASE="$data/rabbitmq" RABBITMQ_LOG_BASE="$log" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+sbwt none -kernel inet_dist_use_interface {127,0,0,1}' \
    /usr/lib/rabbitmq/bin/rabbitmq-server
}

start_memcached() {
  start memcached memcached -u nobody -l 127.0.0.1 -p 11211 -m 64
}

start_backends() {
  start_mariadb
  start_memcached
  start_rabbitmq
  wait_for MariaDB sql -e 'select 1'
}

create_databases() {
  local database
  {
    for database in keystone glance placement neutron nova_api nova nova_cell0; do
      echo "CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8;"
    done
    echo "CREATE USER IF NOT EXISTS devcloud@localhost IDENTIFIED BY '$password';"
    echo "GRANT ALL ON *.* TO devcloud@localhost;"
  } | sql
}

# What keystone-manage's fernet_setup and credential_setup make.
create_keystone_keys() {
  local repository key
  for repository in "$data"/keystone/{fernet,credential}; do
    mkdir -p "$repository"
    for key in "$repository"/{0,1}; do
      [ -s "$key" ] || head -c 32 /dev/urandom | base64 -w0 | tr +/ -_ >"$key"
    done
    chmod -R go= "$repository"
  done
}

# Keystone comes up and is filled here already, as its tables are the first to be ready.
sync_keystone() {
  local manage=(/usr/bin/python3 /usr/bin/keystone-manage --config-file "$etc/keystone.conf")
  create_keystone_keys
  "${manage[@]}" db_sync
  "${manage[@]}" bootstrap --bootstrap-password "$password" --bootstrap-region-id RegionOne \
    --bootstrap-public-url "$auth_url" --bootstrap-internal-url "$auth_url" --bootstrap-admin-url "$auth_url"
  start_keystone
  wait_for keystone answers "$auth_url"
  seed identity
  /usr/bin/python3 /usr/bin/placement-manage --config-file "$etc/placement.conf" db sync
  /usr/bin/python3 "$packages/usr/bin/glance-manage" --config-file "$etc/glance-api.conf" db_sync
}

sync_nova() {
  local manage=(/usr/bin/python3 "$packages/usr/bin/nova-manage" --config-file "$etc/nova.conf")
  "${manage[@]}" api_db sync
  "${manage[@]}" cell_v2 map_cell0
  "${manage[@]}" db sync
  "${manage[@]}" cell_v2 create_cell --name cell1 || [ $? = 2 ] # 2: it is there
}

sync_neutron() {
  PYTHONPATH=$lib /usr/bin/python3 "$packages/usr/bin/neutron-db-manage" --config-file "$etc/neutron.conf" \
    upgrade heads
}

sync_databases() { # once; the three at the same time
  local jobs=() service job
  [ ! -e "$data/synced" ] || return 0
  create_databases
  for service in keystone nova neutron; do
    "sync_$service" >"$log/sync-$service.log" 2>&1 &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || die "filling a database failed; see $log/sync-*.log"; done
  touch "$data/synced"
}

seed() { # identity | cloud
  OS_CLIENT_CONFIG_FILE=$clouds_file /usr/bin/python3 "$lib/seed.py" "$1" "${compute_hosts[@]}"
}
