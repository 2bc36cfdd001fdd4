"""The tables of twin, one module per noun."""

from twin.models.nodes import Node, NodeModel
from twin.models.sites import Site

__all__ = ["Node", "NodeModel", "Site"]
