"""What openstacksdk makes of each server's addresses: cases as JSON on stdin, addresses as JSON on stdout."""
import json
import sys
import warnings

warnings.simplefilter("ignore")

from openstack.cloud import _floating_ip, _network_common, meta  # noqa: E402
from openstack.config import cloud_region, loader  # noqa: E402
from openstack.network.v2 import network as network_resource  # noqa: E402

# The two tries of a connection to port 22 would take seconds, and always end with the first.
meta.find_best_address = lambda addresses, public=False, cloud_public=True: addresses[0] if addresses else None


class Cloud(_network_common.NetworkCommonCloudMixin, _floating_ip.FloatingIPCloudMixin):
    """A cloud of which only networks and ports are asked."""

    def __init__(self, case):
        config = loader.OpenStackConfig(load_yaml_config=False, load_envvars=False)
        settings = config.magic_fixes(dict(config.defaults, auth={}, **case["settings"]))
        self.config = cloud_region.CloudRegion(name="c", region_name="r", config=settings)
        self.case = case
        self.name = "c"
        self.force_ipv4 = False
        self._local_ipv6 = False
        _network_common.NetworkCommonCloudMixin.__init__(self)
        _floating_ip.FloatingIPCloudMixin.__init__(self)

    def list_networks(self):
        return [
            network_resource.Network(**{
                "id": each["id"], "name": each["name"], "is_router_external": each["external"],
                "provider_physical_network": "physnet" if each["isPhysical"] else None,
            })
            for each in self.case["networks"]
        ]

    def list_subnets(self):
        return []

    def list_routers(self):
        return []

    def has_service(self, service):
        return True

    def _nat_destination_port(self, server, fixed_address=None, nat_destination=None):
        fixed = [each for each in self.case["addresses"] if each["version"] == 4 and each["kind"] == "fixed"]
        return ("port", fixed[0]["address"]) if fixed else (None, None)


def answer(case):
    cloud = Cloud(case)
    addresses = {}
    for each in case["addresses"]:
        addresses.setdefault(each["network"], []).append({
            "addr": each["address"], "version": each["version"], "OS-EXT-IPS:type": each["kind"],
            "OS-EXT-IPS-MAC:mac_addr": each["mac"],
        })
    server = {"id": "s", "addresses": addresses, "accessIPv4": case.get("accessV4", ""),
              "accessIPv6": case.get("accessV6", "")}
    server["public_v4"] = meta.get_server_external_ipv4(cloud, server) or ""
    server["public_v6"] = meta.get_server_external_ipv6(server) or ""
    server["private_v4"] = meta.get_server_private_ip(server, cloud) or ""
    return {
        "publicV4": server["public_v4"], "publicV6": server["public_v6"], "privateV4": server["private_v4"],
        "login": meta._get_interface_ip(cloud, server) or "",
        "needs": cloud._needs_floating_ip(server, None),
    }


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
