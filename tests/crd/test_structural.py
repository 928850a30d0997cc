import json

import pytest

from tradingsweep.crd.structural import Schema, UnsupportedSchemaError, structural

REWRITTEN: dict[str, tuple[Schema, Schema]] = {
    "null as a choice is an absent member": (
        {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}], "default": None},
        {"type": "string", "maxLength": 3},
    ),
    "a default that is not null stays": (
        {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 9},
        {"type": "integer", "default": 9},
    ),
    "a reference is its definition": (
        {"$ref": "#/$defs/A", "$defs": {"A": {"type": "string", "title": "A"}}},
        {"type": "string"},
    ),
    "what stands beside a reference wins": (
        {
            "$ref": "#/$defs/A",
            "description": "field",
            "$defs": {"A": {"type": "string", "description": "class"}},
        },
        {"type": "string", "description": "field"},
    ),
    "a reference to a reference is followed": (
        {
            "$ref": "#/$defs/A",
            "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"type": "boolean"}},
        },
        {"type": "boolean"},
    ),
    "a reference behind a choice with null is followed": (
        {
            "anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}],
            "$defs": {"A": {"type": "integer"}},
        },
        {"type": "integer"},
    ),
    "a constant is an enum of one": (
        {"const": "x", "type": "string"},
        {"type": "string", "enum": ["x"]},
    ),
    "an exclusive bound is a flag beside the bound": (
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {
            "type": "number",
            "minimum": 0,
            "exclusiveMinimum": True,
            "maximum": 1,
            "exclusiveMaximum": True,
        },
    ),
    "closed properties are plain properties": (
        {
            "type": "object",
            "properties": {"a": {"type": "string", "title": "A"}},
            "additionalProperties": False,
        },
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    "the items of a list are rewritten": (
        {"type": "array", "items": {"const": 1, "title": "I"}},
        {"type": "array", "items": {"enum": [1]}},
    ),
    "a description of several lines is one": (
        {"type": "string", "description": "One.\n\n    Two\n    more."},
        {"description": "One. Two more.", "type": "string"},
    ),
}

REFUSED: dict[str, tuple[Schema, str]] = {
    "a choice of two types": (
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "spec.a: anyOf with more than one type",
    ),
    "a list with a type for each place": (
        {"type": "array", "prefixItems": [{"type": "integer"}]},
        "spec.a: prefixItems cannot be said",
    ),
    "open properties": (
        {"type": "object", "properties": {}, "additionalProperties": True},
        "spec.a: additionalProperties cannot be said",
    ),
    "a reference into nothing": (
        {"$ref": "#/$defs/Gone"},
        "spec.a: #/$defs/Gone is not among the definitions",
    ),
}


@pytest.mark.parametrize(("schema", "expected"), REWRITTEN.values(), ids=REWRITTEN.keys())
def test_what_the_api_server_refuses_is_said_otherwise(schema: Schema, expected: Schema) -> None:
    """Each form of JSON schema that a CRD cannot hold becomes one that it can."""
    assert expected == structural(schema, "spec")


@pytest.mark.parametrize(("schema", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_said_is_refused_with_its_place(schema: Schema, message: str) -> None:
    """A model that the API server would refuse fails at generation, where its author reads it."""
    with pytest.raises(UnsupportedSchemaError, match=message.replace("$", r"\$")):
        structural({"type": "object", "properties": {"a": schema}}, "spec")


def test_keywords_come_in_a_readers_order() -> None:
    """Whatever order pydantic has, what a thing is comes first and its rules come last."""
    unordered: Schema = {
        "x-kubernetes-validations": [{"message": "m", "rule": "r"}],
        "maxLength": 3,
        "type": "string",
        "description": "d",
    }

    written = json.dumps(structural(unordered, "spec"))

    assert written == (
        '{"description": "d", "type": "string", "maxLength": 3, '
        '"x-kubernetes-validations": [{"rule": "r", "message": "m"}]}'
    )


def test_the_input_is_left_as_it_was() -> None:
    """The caller's schema, which pydantic may cache, is not changed."""
    schema: Schema = {"$ref": "#/$defs/A", "$defs": {"A": {"const": 1, "title": "A"}}}

    structural(schema, "spec")

    assert {"$ref": "#/$defs/A", "$defs": {"A": {"const": 1, "title": "A"}}} == schema
