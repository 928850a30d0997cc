"""The latest known version of each object, fed by the watch and by the answers to our patches.

Most of a cluster's objects have finished and are hardly looked at again, so each is kept packed:
some 700 bytes, where its status and spec as Python holds them take over ten thousand.
"""

import zlib
from typing import Final, NamedTuple

from pydantic import TypeAdapter

from tradingsweep.domain.facts import SweepObject

_AS_JSON: Final = TypeAdapter(SweepObject)
_FAST: Final = 1
"""zlib's level: 20 microseconds to pack an object and as many to unpack it."""


class _Kept(NamedTuple):
    """What is asked often, and the rest."""

    resource_version: str
    generation: int
    packed: bytes


class Objects:
    """Objects by uid. A version that is older than the known one is not taken."""

    def __init__(self) -> None:
        self._known: dict[str, _Kept] = {}
        self._made: dict[str, str] = {}
        """The namespace of each object that the history limits may count, by uid."""

    def get(self, uid: str) -> SweepObject | None:
        """Return the latest known version."""
        kept = self._known.get(uid)
        return None if kept is None else _AS_JSON.validate_json(zlib.decompress(kept.packed))

    def generation(self, uid: str) -> int | None:
        """Return the generation of the latest known version."""
        kept = self._known.get(uid)
        return None if kept is None else kept.generation

    def put(self, target: SweepObject) -> bool:
        """Take a version, unless it or a newer one is known: then it is no news, and False.

        Resource versions of one resource are comparable as numbers since Kubernetes 1.35. Where an
        API server's are not, the last to come is taken; a stale one costs a refused patch, no more.
        """
        known = self._known.get(target.uid)
        if known is not None and not _is_newer(target.resource_version, known.resource_version):
            return False
        packed = zlib.compress(_AS_JSON.dump_json(target, by_alias=True), _FAST)
        self._known[target.uid] = _Kept(target.resource_version, target.generation, packed)
        if target.created_by is not None and target.owner is None and not target.deleting:
            self._made[target.uid] = target.namespace
        else:
            self._made.pop(target.uid, None)
        return True

    def drop(self, uid: str) -> None:
        """Forget an object: the next look asks the API server."""
        self._known.pop(uid, None)
        self._made.pop(uid, None)

    def made_by_programs(self) -> dict[str, list[str]]:
        """Return by namespace the uids of what carries a program's label and no owner's mark."""
        made: dict[str, list[str]] = {}
        for uid, namespace in self._made.items():
            made.setdefault(namespace, []).append(uid)
        return made

    def __len__(self) -> int:
        return len(self._known)


def _is_newer(version: str, than: str) -> bool:
    if version.isdecimal() and than.isdecimal():
        return int(version) > int(than)
    return version != than
