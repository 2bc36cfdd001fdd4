"""Registers the app with Django and connects its receivers."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """What measures and acts."""

    name = "devices"

    def ready(self) -> None:
        """Listen to the apps below; tell twin what only devices knows of the nodes."""
        from devices import alarm_receivers, graph_parts, receivers  # noqa: F401 (it connects them)
        from devices.gateway_transport import GatewayTransport
        from devices.models.gateways import rights_of_gateway
        from devices.names import name_devices, name_gateways
        from devices.services.contents import Installations
        from devices.services.fittings import Fittings
        from devices.shelves import Shelf
        from devices.transports import register_transport
        from devices.view_terms import FINDABLE, categories
        from twin.choices import NodeKind
        from twin.contents import register_keeper
        from twin.fittings import register_fitter
        from twin.models.gates import register_gateway, register_place
        from twin.models.reach import gateway_rights
        from twin.selectors.changes import register_named_table
        from twin.selectors.choosing import register_namer, register_shelf
        from twin.selectors.descriptions import register_describer
        from twin.selectors.rule_conditions import register_findable
        from twin.selectors.story_parts import register_placed_table

        gateway_rights.append(rights_of_gateway)
        register_gateway("as_device__gateway")
        register_place("as_device__space")
        register_place("as_gateway__space")
        register_shelf(Shelf())
        register_namer(NodeKind.DEVICE, name_devices)
        register_namer(NodeKind.GATEWAY, name_gateways)
        register_findable(NodeKind.DEVICE, FINDABLE)
        register_describer(NodeKind.DEVICE, categories)
        register_keeper("devices", Installations())
        register_fitter(Fittings())
        graph_parts.register()
        register_transport(GatewayTransport())
        for table in ("devices_device", "devices_gateway"):
            register_named_table(table)
            register_placed_table(table)
