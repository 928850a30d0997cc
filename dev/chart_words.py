"""Words with which the schema of the chart's values is written."""

from typing import Any

Json = dict[str, Any]


def closed(words: str, members: Json) -> Json:
    """Describe an object that takes these keys and no other."""
    return {
        "type": "object",
        "description": words,
        "additionalProperties": False,
        "properties": members,
    }


def text(words: str, **more: object) -> Json:
    """Describe a text."""
    return {"type": "string", "description": words, **more}


def flag(words: str) -> Json:
    """Describe a switch."""
    return {"type": "boolean", "description": words}


def number(words: str, least: int, most: int) -> Json:
    """Describe a whole number."""
    return {"type": "integer", "description": words, "minimum": least, "maximum": most}


def free(words: str) -> Json:
    """Describe an object of Kubernetes' own, which the API server checks."""
    return {"type": "object", "description": words}


def listed(words: str, item: Json) -> Json:
    """Describe a list."""
    return {"type": "array", "description": words, "items": item}


def labels(words: str) -> Json:
    """Describe labels or annotations."""
    return {"type": "object", "description": words, "additionalProperties": {"type": "string"}}


def choice(words: str, *values: str) -> Json:
    """Describe one of some words."""
    return {"enum": list(values), "description": words}


NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
URL = r"^https?://[^\s/@:]+(:[0-9]{1,5})?(/[^\s@]*)?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$"


def secret(words: str, key: str, *, optional: bool = False) -> Json:
    """Describe where a secret is; the secret itself is never a value."""
    pattern = f"^$|{NAME}" if optional else NAME
    return closed(
        words,
        {
            "name": text(f"Name of the Secret. {words}", pattern=pattern),
            "key": text(f"Its key; by custom `{key}`.", pattern=r"^[-._a-zA-Z0-9]{1,253}$"),
        },
    )


def image(what: str) -> Json:
    """Describe an image."""
    return closed(
        f"Image of {what}.",
        {
            "repository": text("Where the image is, without tag.", minLength=1),
            "tag": text(
                "Its tag; empty: the chart's appVersion. Never `latest`.",
                pattern=r"^$|^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$",
                **{"not": {"const": "latest"}},
            ),
            "digest": text(
                "Its digest, which goes before the tag.", pattern=r"^$|^sha256:[0-9a-f]{64}$"
            ),
            "pullPolicy": choice(
                "When the node asks the registry.", "Always", "IfNotPresent", "Never"
            ),
        },
    )
