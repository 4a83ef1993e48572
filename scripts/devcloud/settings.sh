# Where the cloud lives and what can be chosen; the scripts beside this file and scripts/test source it.

# One cloud a machine, whichever checkout brings it up: its ports are fixed, and a checkout may go away under it.
DEVCLOUD_DIR=${DEVCLOUD_DIR:-/var/lib/nodepool-devcloud}

# server: each server has an sshd of its own at its fixed address, with its own host key and its keypair.
# shared: one sshd on 0.0.0.0:22 answers at every server's address (add keys to etc/authorized_keys).  none: nothing.
DEVCLOUD_SSHD=${DEVCLOUD_SSHD:-server}

# Seconds that a Keystone token lives.
DEVCLOUD_TOKEN_TTL=${DEVCLOUD_TOKEN_TTL:-3600}

devcloud=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
run=$DEVCLOUD_DIR/run log=$DEVCLOUD_DIR/log etc=$DEVCLOUD_DIR/etc lib=$DEVCLOUD_DIR/lib
data=$DEVCLOUD_DIR/data packages=$DEVCLOUD_DIR/packages
password=devcloud # every password of this cloud
ssh_user=debian
auth_url=http://127.0.0.1:5000/v3
database_socket=$run/mariadb.sock
compute_hosts=(fake-1 fake-2) # in the zones az1 and az2
clouds_file=$DEVCLOUD_DIR/clouds.yaml

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

die() {
  echo "devcloud: $*" >&2
  exit 1
}
