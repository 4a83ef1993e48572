"""Debian's `openstack` command, over and over: a command on each line of stdin, its outcome on a line of stdout."""
import contextlib
import io
import json
import os
import signal
import sys

from openstackclient import shell
from openstackclient.volume import client as volume
from osc_lib.clientmanager import ClientCache, ClientManager

LONGEST_COMMAND = 300  # seconds, after which the process ends

# Each new client deletes those that it cannot speak, and fails where they are gone.
volume_versions = dict(volume.API_VERSIONS)


def forget_clients():
    """The next command may be another user's, on another cloud: the clients outlive a command."""
    for name, client in list(vars(ClientManager).items()):
        if isinstance(client, ClientCache):
            setattr(ClientManager, name, ClientCache(client.factory))
    volume.API_VERSIONS.update(volume_versions)


commands = os.fdopen(os.dup(0))
sys.stdin = open(os.devnull)  # `image create` reads it, where it is no terminal

for line in commands:
    command = json.loads(line)
    os.environ.update(command["env"])
    out, err = io.StringIO(), io.StringIO()
    forget_clients()
    signal.alarm(LONGEST_COMMAND)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = shell.main(command["args"])
        except SystemExit as end:
            code = end.code
    signal.alarm(0)
    print(json.dumps({"code": code or 0, "stdout": out.getvalue(), "stderr": err.getvalue()}), flush=True)
