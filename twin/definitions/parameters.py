"""The parameters of a template: what was given, what is missing, what fits."""

from collections.abc import Iterator, Mapping
from typing import Any

from twin.definitions.findings import Finding, UnfitParameters, pointer
from twin.definitions.format import Definition, Parameter
from twin.definitions.schema import value_findings

Values = Mapping[str, Any]


def resolve_parameters(definition: Definition, given: Values) -> dict[str, Any]:
    """Return a value for every parameter: the one given, else its default.

    Raises: UnfitParameters, naming each unknown, missing or unfitting one by its pointer.
    """
    findings = [*_unknown(definition, given)]
    for parameter in definition.parameters.values():
        findings += _misfits(parameter, given)
    if findings:
        raise UnfitParameters(findings)
    return {key: given.get(key, one.default) for key, one in definition.parameters.items()}


def sample_parameters(definition: Definition) -> dict[str, Any]:
    """Return values to try a definition with: defaults, else examples, else the smallest number.

    Shape: a parameter for which no sample is known is left out.
    """
    samples: dict[str, Any] = {}
    for key, parameter in definition.parameters.items():
        for value in (parameter.default, parameter.example, _smallest(parameter)):
            if value is not None:
                samples[key] = value
                break
    return samples


def _unknown(definition: Definition, given: Values) -> Iterator[Finding]:
    known = ", ".join(definition.parameters) or "none"
    for key in given:
        if key not in definition.parameters:
            detail = f"The template has no parameter {key!r}; it has: {known}."
            yield Finding(pointer("parameters", key), "unknown-parameter", detail)


def _misfits(parameter: Parameter, given: Values) -> list[Finding]:
    at = ("parameters", parameter.key)
    if parameter.key in given:
        return value_findings(given[parameter.key], schema=parameter.schema, at=at)
    if parameter.has_default:
        return []
    return [Finding(pointer(*at), "required", f"Give the parameter {parameter.key!r}.")]


def _smallest(parameter: Parameter) -> Any:
    """Return the least value of a number or truth parameter, or None."""
    if parameter.schema.get("type") == "boolean":
        return False
    if parameter.schema.get("type") in {"integer", "number"}:
        return parameter.schema.get("minimum", 1)
    return None
