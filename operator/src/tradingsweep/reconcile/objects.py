"""The latest known version of each object, fed by the watch and by the answers to our patches."""

from collections.abc import Iterator

from tradingsweep.domain.facts import SweepObject


class Objects:
    """Objects by uid. A version that is older than the known one is not taken."""

    def __init__(self) -> None:
        self._known: dict[str, SweepObject] = {}

    def get(self, uid: str) -> SweepObject | None:
        """Return the latest known version."""
        return self._known.get(uid)

    def put(self, target: SweepObject) -> None:
        """Take a version, unless a newer one is known.

        Resource versions of one resource are comparable as numbers since Kubernetes 1.35. Where an
        API server's are not, the last to come is taken; a stale one costs a refused patch, no more.
        """
        known = self._known.get(target.uid)
        if known is None or not _is_older(target.resource_version, known.resource_version):
            self._known[target.uid] = target

    def drop(self, uid: str) -> None:
        """Forget an object: the next look asks the API server."""
        self._known.pop(uid, None)

    def __iter__(self) -> Iterator[SweepObject]:
        return iter(self._known.values())

    def __len__(self) -> int:
        return len(self._known)


def _is_older(version: str, than: str) -> bool:
    return version.isdecimal() and than.isdecimal() and int(version) < int(than)
