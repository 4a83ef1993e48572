"""What openstacksdk itself makes of each case: cases as JSON on stdin, results as JSON on stdout."""
import importlib
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

from openstack.config import loader  # noqa: E402

INHERITED = dict(os.environ)


def answer(case):
    os.environ.clear()
    os.environ.update(INHERITED, HOME=case["home"], **case["env"])
    os.chdir(case["cwd"])
    # The search path is worked out when the module is loaded.
    importlib.reload(loader)
    own = case["own"]
    try:
        region = loader.OpenStackConfig().get_one(
            cloud=case["cloud"], region_name=own["regionName"], **own["settings"])
        verify, cert = region.get_requests_verify_args()
        return {"settings": region.config, "verify": verify is not False,
                "cacert": verify if isinstance(verify, str) else None, "interface": region.get_interface(),
                "computeInterface": region.get_interface("compute"), "forceIpv4": bool(region.force_ipv4),
                "computeRegion": region.get_region_name("compute"), "networkInterface": region.get_interface("network"),
                "fixedNetworks": {"v4": region.get_external_ipv4_networks(), "nat": region.get_nat_destination(),
                                  "source": region.get_nat_source(), "login": region.get_default_network()}
                if "older" not in case["cloud"] else None,
                "endpoint": region.get_endpoint("compute"), "serviceName": region.get_service_name("compute"),
                "volumeVersion": region.get_api_version("block-storage")}
    except Exception as error:
        return {"error": str(error)}


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout, default=str)
