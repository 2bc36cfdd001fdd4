"""Rules of the parameters: their samples fit, and each is used."""

from collections.abc import Iterator
from typing import Any

from twin.definitions.checks.values import schema_findings
from twin.definitions.findings import Finding, pointer
from twin.definitions.format import Definition, LayoutSpace, Parameter
from twin.definitions.parameters import sample_parameters
from twin.definitions.schema import value_findings

PREFIX = "parameters."


def parameter_findings(definition: Definition) -> Iterator[Finding]:
    """Yield what is wrong with the parameters, and where one is named that does not exist."""
    samples = sample_parameters(definition)
    for key, parameter in definition.parameters.items():
        yield from _misfits(parameter)
        if key not in samples:
            detail = "Add a default or an example, so that the layout can be tried out."
            yield Finding(pointer("parameters", key), "parameter-without-example", detail)
    yield from _usage(definition)


def walk_layout(layout: tuple[LayoutSpace, ...]) -> Iterator[LayoutSpace]:
    """Yield every space of a layout, parents first."""
    for space in layout:
        yield space
        yield from walk_layout(space.children)


def _misfits(parameter: Parameter) -> Iterator[Finding]:
    """Check a parameter's own default and example against its schema."""
    samples: dict[str, Any] = {"default": parameter.default, "example": parameter.example}
    for name, value in samples.items():
        if value is not None:
            at = ("parameters", parameter.key, name)
            yield from value_findings(value, schema=parameter.schema, at=at)
    yield from schema_findings(parameter.schema, at=("parameters", parameter.key, "schema"))


def _usage(definition: Definition) -> Iterator[Finding]:
    uses = [use for space in walk_layout(definition.layout) for use in _uses(space)]
    for key, at in uses:
        if key not in definition.parameters:
            detail = f"Define the parameter {key!r} under parameters, or use one that exists."
            yield Finding(at, "undefined-parameter", detail)
    for key in definition.parameters.keys() - {key for key, _ in uses}:
        detail = f"Nothing in the layout uses {key!r}: use it or remove it."
        yield Finding(pointer("parameters", key), "unused-parameter", detail)


def _uses(space: LayoutSpace) -> Iterator[tuple[str, str]]:
    """Yield each parameter that a space of the layout names, and where."""
    if space.count and space.count.parameter:
        yield space.count.parameter, f"{space.pointer}/count/parameter"
    for variable in sorted(space.name.variables):
        if variable.startswith(PREFIX):
            yield variable.removeprefix(PREFIX), f"{space.pointer}/name"
    for key, value in space.properties.items():
        if isinstance(value, dict) and "parameter" in value:
            yield value["parameter"], f"{space.pointer}/properties/{key}"
