"""nova-compute with nova's fake driver, made somewhat more real."""
import functools
import io
import os
import pathlib
import shutil
import signal
import sys
import time

from nova.cmd import compute  # first, for it patches the standard library
from nova.conductor import api as conductor
from nova import exception
from nova.image import glance
from nova.scheduler.client import report
from nova.virt import fake
from oslo_concurrency import processutils

# Asks for the conductor each second at start, not each ten.
conductor.API.wait_until_ready = functools.partialmethod(
    conductor.API.wait_until_ready, early_timeout=1, early_attempts=120)

# Zed asks placement for the allocations of every server of the host whenever it claims for one.
# Only PCI devices need that, and the time of a build grows with each server.
report.SchedulerReportClient.get_allocations_for_provider_tree = lambda *args: {}

ROOT = pathlib.Path(__file__).parent.parent


# What a server's users change in /etc, /home and /opt stays in the server: its sshd sees them through layers of its own.
LAYERS = '''
set -eu
for name in etc home opt; do
  mkdir -p "$0/$name" "$0/$name.work"
  mount -t overlay overlay -o "lowerdir=/$name,upperdir=$0/$name,workdir=$0/$name.work" "/$name"
done
mkdir -p /etc/sudoers.d
echo "$1 ALL=(ALL) NOPASSWD: ALL" >"/etc/sudoers.d/$1"
shift
exec /usr/sbin/sshd "$@"
'''


class Sshd:
    """A server's own sshd, at its fixed addresses."""

    def __init__(self, instance):
        self.dir = ROOT / 'data/servers' / instance.uuid

    def start(self, instance, network_info):
        addresses = [ip['address'] for vif in network_info or [] for ip in vif.fixed_ips()]
        if not addresses:
            return
        self.stop()
        self.dir.mkdir(parents=True, exist_ok=True)
        if not (self.dir / 'host_key').exists():
            processutils.execute('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.dir / 'host_key')
        (self.dir / 'authorized_keys').write_text(instance.key_data or '')
        options = [f'HostKey={self.dir}/host_key', f'AuthorizedKeysFile={self.dir}/authorized_keys',
                   f'PidFile={self.dir}/sshd.pid'] + [f'ListenAddress={address}:22' for address in addresses]
        user = (ROOT / 'etc/sshd_user').read_text().strip()
        processutils.execute('unshare', '--mount', 'sh', '-c', LAYERS, self.dir, user, '-f', ROOT / 'etc/sshd_config',
                             *[word for option in options for word in ('-o', option)])

    def stop(self):
        try:
            pid = int((self.dir / 'sshd.pid').read_text())
            if str(self.dir) in pathlib.Path(f'/proc/{pid}/cmdline').read_text():
                os.kill(pid, signal.SIGTERM)
            (self.dir / 'sshd.pid').unlink()
        except (FileNotFoundError, ProcessLookupError):
            pass

    def forget(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


if pathlib.Path(os.environ['DEVCLOUD_SSHD_MODE']).read_text().strip() != 'server':
    Sshd.start = lambda *args: None


class DevcloudDriver(fake.FakeDriver):

    def spawn(self, context, instance, image_meta, injected_files, admin_password, allocations,
              network_info=None, *args, **kwargs):
        if instance.flavor.name == 'm1.slow':
            time.sleep(20)
        if instance.flavor.name == 'm1.broken':
            raise exception.BuildAbortException(instance_uuid=instance.uuid, reason='m1.broken')
        super().spawn(context, instance, image_meta, injected_files, admin_password, allocations,
                      network_info, *args, **kwargs)
        Sshd(instance).start(instance, network_info)

    def resume_state_on_host_boot(self, context, instance, network_info, block_device_info=None):
        """After a restart: the fake driver's servers live in its memory only."""
        super().spawn(context, instance, None, None, None, None, network_info)
        Sshd(instance).start(instance, network_info)

    def power_off(self, instance, *args, **kwargs):
        super().power_off(instance, *args, **kwargs)
        Sshd(instance).stop()

    def power_on(self, context, instance, network_info, *args, **kwargs):
        super().power_on(context, instance, network_info, *args, **kwargs)
        Sshd(instance).start(instance, network_info)

    def destroy(self, context, instance, *args, **kwargs):
        super().destroy(context, instance, *args, **kwargs)
        Sshd(instance).forget()

    def snapshot(self, context, instance, image_id, update_task_state):
        """The fake driver uploads nothing, which leaves the image queued for ever."""
        super().snapshot(context, instance, image_id, update_task_state)
        images = glance.API()
        image = images.get(context, image_id)
        images.update(context, image_id,
                      {'name': image['name'], 'properties': image['properties'],
                       'disk_format': 'raw', 'container_format': 'bare', 'status': 'active'},
                      data=io.BytesIO(f'snapshot of {instance.uuid}'.encode().ljust(1 << 20, b'\0')))


fake.DevcloudDriver = DevcloudDriver
sys.exit(compute.main())
