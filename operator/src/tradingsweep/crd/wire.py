"""What all parts of the resource share: names on the wire, times, and rules in CEL."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
)
from pydantic.alias_generators import to_camel


def wire_name(name: str) -> str:
    """Turn a Python name into Kubernetes' spelling: `job_id` is `jobID`."""
    camel = to_camel(name)
    return f"{camel[:-2]}ID" if camel.endswith("Id") else camel


class WireModel(BaseModel):
    """A part of the resource, read from and written to the API server.

    Unknown members are ignored: an object of a newer version must not break an older operator.
    What the API server has already refused (the rules in CEL) is not checked again.
    """

    model_config = ConfigDict(
        alias_generator=wire_name, populate_by_name=True, frozen=True, extra="ignore"
    )

    def to_wire(self) -> dict[str, JsonValue]:
        """Give the part as the API server takes it: camelCase, JSON types, nothing that is None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# Kubernetes writes whole seconds in UTC. The model does the same at once: a time from the ledger
# then equals the time that comes back in the object, and no pass sees a difference to write.
Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(_whole_seconds),
    PlainSerializer(_rfc3339, return_type=str),
    Field(json_schema_extra={"maxLength": 64}),
]


def rule(
    expression: str,
    message: str,
    *,
    message_expression: str | None = None,
    field_path: str | None = None,
    reason: str | None = None,
) -> dict[str, JsonValue]:
    """Describe one rule that the API server checks.

    Args:
        expression: CEL that is true for a good value, of which `self` is the value.
        message: what a person reads when it is false.
        message_expression: CEL for the same message with the values in it; the API server
            falls back to `message` where it fails.
        field_path: the member that the error names, from the value on: `.macd`.
        reason: one of the API server's four reasons; `FieldValueInvalid` where it is None.
    """
    written: dict[str, JsonValue] = {"rule": expression, "message": message}
    optional = {"messageExpression": message_expression, "fieldPath": field_path, "reason": reason}
    written.update({key: value for key, value in optional.items() if value is not None})
    return written


def rules(*written: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Put rules where a schema carries them: `json_schema_extra` of a model or a field."""
    return {"x-kubernetes-validations": list(written)}
