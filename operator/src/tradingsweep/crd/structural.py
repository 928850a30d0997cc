"""From pydantic's JSON schema to a structural schema, the part of it that the API server takes.

The API server refuses `$ref`, `anyOf … null`, `const`, a number as `exclusiveMinimum`,
`prefixItems` and `additionalProperties: false` beside `properties`. Each is rewritten where the
same can be said, and refused here, with its place, where it cannot.
"""

from collections.abc import Mapping
from copy import deepcopy

from pydantic import JsonValue

Schema = dict[str, JsonValue]

# Also the order in which a schema is written: what it is, its bounds, its members, its rules.
KEYWORDS = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "required",
    "properties",
    "items",
    "x-kubernetes-validations",
)
_RULE_MEMBERS = ("rule", "message", "messageExpression", "fieldPath", "reason")


class UnsupportedSchemaError(ValueError):
    """A model says something that a structural schema cannot say."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


def structural(schema: Mapping[str, JsonValue], path: str) -> Schema:
    """Rewrite a whole JSON schema, `$defs` included.

    Args:
        schema: what `model_json_schema` gives.
        path: the place of the schema in the resource, for errors: `spec`.

    Raises:
        UnsupportedSchemaError: with the place of what cannot be rewritten.
    """
    definitions = schema.get("$defs", {})
    assert isinstance(definitions, dict)
    return _rewrite({k: v for k, v in schema.items() if k != "$defs"}, definitions, path)


def _rewrite(node: Schema, definitions: Schema, path: str) -> Schema:
    node = _without_null(_resolved(node, definitions, path), definitions, path)
    node.pop("title", None)
    _say_const_as_enum(node)
    _say_exclusive_bounds_as_flags(node)
    if "properties" in node and node.get("additionalProperties") is False:
        del node["additionalProperties"]  # the API server prunes, and refuses under strict
    unknown = sorted(set(node) - set(KEYWORDS))
    if unknown:
        raise UnsupportedSchemaError(path, f"{', '.join(unknown)} cannot be said in a CRD")
    _rewrite_members(node, definitions, path)
    _tidy(node)
    return _ordered(node, KEYWORDS)


def _resolved(node: Schema, definitions: Schema, path: str) -> Schema:
    """Put a copy of the definition in the place of its `$ref`; what stands beside the `$ref` wins.

    A copy, since YAML would write the second use of the same list as an alias.
    """
    reference = node.get("$ref")
    if reference is None:
        return dict(node)
    definition = definitions.get(str(reference).removeprefix("#/$defs/"))
    if not isinstance(definition, dict):
        raise UnsupportedSchemaError(path, f"{reference} is not among the definitions")
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return _resolved(deepcopy(definition), definitions, path) | beside


def _without_null(node: Schema, definitions: Schema, path: str) -> Schema:
    """Make `X or null` an X: in Kubernetes a member that has no value is absent."""
    choices = node.pop("anyOf", None)
    if choices is None:
        return node
    assert isinstance(choices, list)
    kept = [c for c in choices if isinstance(c, dict) and c.get("type") != "null"]
    if len(kept) != 1:
        raise UnsupportedSchemaError(path, "anyOf with more than one type cannot be said in a CRD")
    if node.get("default", ...) is None:
        del node["default"]
    return _resolved(kept[0], definitions, path) | node


def _say_const_as_enum(node: Schema) -> None:
    if "const" in node:
        node["enum"] = [node.pop("const")]


def _say_exclusive_bounds_as_flags(node: Schema) -> None:
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if exclusive in node:
            node[bound] = node.pop(exclusive)
            node[exclusive] = True


def _rewrite_members(node: Schema, definitions: Schema, path: str) -> None:
    properties = node.get("properties")
    if isinstance(properties, dict):
        node["properties"] = {
            name: _rewrite(member, definitions, f"{path}.{name}")
            for name, member in properties.items()
            if isinstance(member, dict)
        }
    items = node.get("items")
    if isinstance(items, dict):
        node["items"] = _rewrite(items, definitions, f"{path}[]")


def _tidy(node: Schema) -> None:
    """Give a docstring's lines back as one, and pydantic's sorted rules in a reader's order."""
    if "description" in node:
        node["description"] = " ".join(str(node["description"]).split())
    rules = node.get("x-kubernetes-validations")
    if isinstance(rules, list):
        node["x-kubernetes-validations"] = [
            _ordered(rule, _RULE_MEMBERS) for rule in rules if isinstance(rule, dict)
        ]


def _ordered(members: Schema, order: tuple[str, ...]) -> Schema:
    return {name: members[name] for name in order if name in members}
