"""What Argo CD's buttons on a sweep do, run as Argo CD runs them."""

from typing import Any

import pytest

from dev.argocd import ACTIONS, script
from dev.judges import Judges, LuaError
from tests.support.standings import STANDINGS, WITHOUT_STATUS
from tradingsweep.adapters.sweep_object import sweep_object

SPEC = {
    "ticker": "BTC-USD",
    "fastRange": {"min": 10, "max": 20},
    "slowRange": {"min": 20, "max": 30},
    "step": 5,
}
RUN, CANCEL, SUSPEND, RESUME = ACTIONS


def standing(name: str, **spec: Any) -> dict[str, Any]:
    """Return an object of the table with a whole spec."""
    sweep = next(one.sweep for one in STANDINGS if one.name == name)
    return sweep | {"spec": SPEC | spec}


def offered(judges: Judges, sweep: dict[str, Any]) -> set[str]:
    """Return the actions that can be clicked on."""
    (actions,) = judges.lua(script("actions/discovery"), [sweep])
    assert set(ACTIONS) == set(actions)
    return {name for name, action in actions.items() if not action["disabled"]}


def done(judges: Judges, action: str, sweep: dict[str, Any]) -> dict[str, Any]:
    """Return the object after an action."""
    (after,) = judges.lua(script(f"actions/{action}"), [sweep])
    changed: dict[str, Any] = after
    return changed


@pytest.mark.parametrize(
    ("name", "spec", "actions"),
    [
        ("never patched", {}, {CANCEL, SUSPEND}),
        ("waiting for a slot", {}, {CANCEL, SUSPEND}),
        ("running", {}, {CANCEL, SUSPEND}),
        ("running although it should be held", {"suspend": True}, {CANCEL, RESUME}),
        ("suspended", {"suspend": True}, {CANCEL, RESUME}),
        ("completed", {}, {RUN}),
        ("failed: JobFailed", {}, {RUN}),
        ("edited after it completed", {}, {CANCEL, SUSPEND}),
        ("deleted while it ran", {}, set()),
    ],
)
def test_only_what_would_do_something_is_offered(
    judges: Judges, name: str, spec: dict[str, Any], actions: set[str]
) -> None:
    """A button that can be clicked on has an effect."""
    assert actions == offered(judges, standing(name, **spec))


def test_an_object_without_a_status_breaks_no_discovery(judges: Judges) -> None:
    """A new object can be cancelled and held."""
    assert {CANCEL, SUSPEND} == offered(judges, WITHOUT_STATUS)


@pytest.mark.parametrize(("action", "name"), [(RUN, "completed"), (CANCEL, "running")])
def test_a_command_is_offered_again_when_it_was_answered(
    judges: Judges, action: str, name: str
) -> None:
    """A second click before the answer would ask twice."""
    asked = done(judges, action, standing(name))
    assert action not in offered(judges, asked)
    (moment,) = asked["metadata"]["annotations"].values()
    answer = "lastHandledRunRequest" if action == RUN else "lastHandledCancelRequest"

    answered = asked | {"status": asked["status"] | {answer: moment}}

    assert action in offered(judges, answered)


@pytest.mark.parametrize(
    ("action", "field"), [(RUN, "run_requested"), (CANCEL, "cancel_requested")]
)
def test_a_command_is_one_annotation_that_the_operator_understands(
    judges: Judges, action: str, field: str
) -> None:
    """Nothing of the spec changes, so self-heal has nothing to undo."""
    before = standing("completed")
    before["metadata"] = before["metadata"] | {"annotations": {"kept": "yes"}}

    after = done(judges, action, before)

    assert before["spec"] == after["spec"]
    assert "yes" == after["metadata"]["annotations"].pop("kept")
    (name,) = after["metadata"]["annotations"]
    assert name.startswith("trading.zixly.io/")
    assert getattr(sweep_object(after), field) == after["metadata"]["annotations"][name]


@pytest.mark.parametrize(("action", "held"), [(SUSPEND, True), (RESUME, False)])
def test_suspend_and_resume_change_one_field(judges: Judges, action: str, held: bool) -> None:
    """And no annotation."""
    after = done(judges, action, standing("running", suspend=not held))

    assert SPEC | {"suspend": held} == after["spec"]
    assert "annotations" not in after["metadata"]


def test_scripts_have_no_more_than_argo_cd_gives_them(judges: Judges) -> None:
    """These tests would find a script that works here and nowhere else."""
    for absent in (
        '("x"):upper()',
        "string.format('x')",
        "math.floor(1)",
        "io.open('x')",
        "os.time()",
    ):
        with pytest.raises(LuaError):
            judges.lua(f"return {{{absent}}}", [{}])
    with pytest.raises(LuaError):
        judges.lua('return {require("os").getenv("HOME")}', [{}])


def test_a_script_that_never_ends_is_stopped(judges: Judges) -> None:
    """Argo CD gives a script one second."""
    with pytest.raises(LuaError, match="deadline"):
        judges.lua("while true do end", [{}])
