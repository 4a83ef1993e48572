"""Fills the cloud, leaving alone what is there already. seed.py identity | cloud COMPUTE-HOST..."""
import sys

import openstack

PASSWORD = 'devcloud'
ENDPOINTS = {
    'placement': ('placement', 'http://127.0.0.1:8778'),
    'nova': ('compute', 'http://127.0.0.1:8774/v2.1'),
    'neutron': ('network', 'http://127.0.0.1:9696'),
    'glance': ('image', 'http://127.0.0.1:9292'),
}
# The projects of their own name that these users work in, and their roles there.
USERS = {'service': ('admin', 'service'), 'devcloud': ('member',)}
# MiB of memory, processors, GiB of disk. No host can hold m1.impossible; devcloud_compute.py knows the last two.
FLAVORS = {
    'm1.tiny': (512, 1, 1),
    'm1.small': (2048, 1, 20),
    'm1.medium': (4096, 2, 40),
    'm1.large': (8192, 4, 80),
    'm1.impossible': (9999999, 1, 1),
    'm1.broken': (512, 1, 1),
    'm1.slow': (512, 1, 1),
}


def first(found):
    return next(iter(found), None)


def seed_identity(cloud, hosts):
    for name, (kind, url) in ENDPOINTS.items():
        seed_service(cloud.identity, name, kind, url)
    for name, roles in USERS.items():
        seed_user(cloud.identity, name, roles)


def seed_service(identity, name, kind, url):
    service = first(identity.services(name=name)) or identity.create_service(name=name, type=kind)
    for interface in ('public', 'internal', 'admin'):
        if not first(identity.endpoints(service_id=service.id, interface=interface)):
            identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id='RegionOne')


def seed_user(identity, name, roles):
    project = first(identity.projects(name=name)) or identity.create_project(name=name, domain_id='default')
    user = first(identity.users(name=name)) or identity.create_user(
        name=name, password=PASSWORD, domain_id='default', default_project_id=project.id)
    for role in roles:
        role = first(identity.roles(name=role)) or identity.create_role(name=role)
        identity.assign_project_role_to_user(project, user, role)


def seed_cloud(cloud, hosts):
    seed_flavors(cloud.compute)
    seed_image(cloud.image)
    seed_networks(cloud.network)
    seed_zones(cloud.compute, hosts)


def seed_flavors(compute):
    there = {flavor.name for flavor in compute.flavors()}
    for name, (ram, vcpus, disk) in FLAVORS.items():
        if name not in there:
            compute.create_flavor(name=name, ram=ram, vcpus=vcpus, disk=disk)


def seed_image(image):
    if not first(image.images(name='debian-12')):
        image.create_image('debian-12', data=bytes(1 << 20), disk_format='raw', container_format='bare',
                           visibility='public', validate_checksum=False)


def seed_networks(network):
    nodes, subnet = seed_network(network, 'nodes', '127.16.0.0/16', is_shared=True)
    public, _ = seed_network(network, 'public', '127.17.0.0/16', is_router_external=True)
    if not first(network.routers(name='router')):
        router = network.create_router(name='router', external_gateway_info={'network_id': public.id})
        network.add_interface_to_router(router, subnet_id=subnet.id)


def seed_network(network, name, cidr, **options):
    """Loopback ranges: whatever listens on 0.0.0.0 of this machine answers at a server's address. Neutron takes such a
    subnet only without DHCP."""
    found = first(network.networks(name=name)) or network.create_network(name=name, **options)
    subnet = first(network.subnets(name=name)) or network.create_subnet(
        name=name, network_id=found.id, ip_version=4, cidr=cidr, is_dhcp_enabled=False)
    return found, subnet


def seed_zones(compute, hosts):
    """Each host in a zone of its own: az1, az2, ..."""
    there = {aggregate.name for aggregate in compute.aggregates()}
    for number, host in enumerate(hosts, start=1):
        zone = f'az{number}'
        if zone not in there:
            aggregate = compute.create_aggregate(name=zone, availability_zone=zone)
            compute.add_host_to_aggregate(aggregate, host)


seed = {'identity': seed_identity, 'cloud': seed_cloud}[sys.argv[1]]
seed(openstack.connect(cloud='devcloud-admin'), sys.argv[2:])
