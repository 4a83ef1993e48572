"""Neutron without agents: ports bind at once, floating IPs become ACTIVE at once."""
from neutron.db import extraroute_db, l3_fip_port_details, l3_gwmode_db
from neutron.db.models import l3 as l3_models
from neutron.db.quota import driver_nolock
from neutron.notifiers import nova
from neutron.quota import resource_registry
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import resource_extend
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins.ml2 import api
from neutron_lib.services import base


class MechanismDriver(api.MechanismDriver):
    """Binds every port on every host, since there is no wire behind it."""

    def initialize(self):
        pass

    def bind_port(self, context):
        segment = context.segments_to_bind[0]
        context.set_binding(segment[api.ID], portbindings.VIF_TYPE_OVS,
                            {portbindings.CAP_PORT_FILTER: True},
                            status=constants.PORT_STATUS_ACTIVE)


@resource_extend.has_resource_extenders
class RouterPlugin(base.ServicePluginBase, extraroute_db.ExtraRoute_dbonly_mixin,
                   l3_gwmode_db.L3_NAT_dbonly_mixin,
                   l3_fip_port_details.Fip_port_details_db_mixin):
    """Routers and floating IPs in the database alone. Unlike neutron's own plugin it has no DVR,
    whose bookkeeping slows down every port, and it sets the status that an l3 agent would."""

    supported_extension_aliases = ['router', 'ext-gw-mode', 'extraroute', 'fip-port-details']

    @resource_registry.tracked_resources(router=l3_models.Router, floatingip=l3_models.FloatingIP)
    def __init__(self):
        super().__init__()

    @classmethod
    def get_plugin_type(cls):
        return plugin_constants.L3

    def get_plugin_description(self):
        return 'routers and floating IPs without agents'

    def create_floatingip(self, context, floatingip):
        return self._settle(context, super().create_floatingip(context, floatingip))

    def update_floatingip(self, context, id, floatingip):
        return self._settle(context, super().update_floatingip(context, id, floatingip))

    def _settle(self, context, fip):
        status = 'ACTIVE' if fip['port_id'] else 'DOWN'
        if fip['status'] != status:
            self.update_floatingip_status(context.elevated(), fip['id'], status)
            fip['status'] = status
        return fip


class QuotaDriver(driver_nolock.DbQuotaNoLockDriver):
    """Keeps no books on what is unlimited, which saves a fifth of neutron's work."""

    def make_reservation(self, context, project_id, resources, deltas, plugin):
        limits = self.get_project_quotas(context, resources, project_id)
        if any(limits[resource] >= 0 for resource in deltas):
            return super().make_reservation(context, project_id, resources, deltas, plugin)


# Nova hears only of floating IPs: a refresh for every change of a port doubles neutron's work.
event_of = nova.Notifier.create_port_changed_event
nova.Notifier.create_port_changed_event = lambda self, action, *states: (
    event_of(self, action, *states) if action.endswith('floatingip') else None)
