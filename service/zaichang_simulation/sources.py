"""Looks at every picture and video that a scenario names before anything runs, and says where one is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang_simulation.camera.faces import builtin_face, is_builtin
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.camera.texture import is_worn
from zaichang_simulation.format import camera as say
from zaichang_simulation.format.cheats import Captures
from zaichang_simulation.format.loader import Loaded
from zaichang_simulation.format.places import located
from zaichang_simulation.format.scenario import Scenario

_KEYS = ("source", "second", "face")


def check_sources(loaded: Loaded, library: Library) -> None:
    """Open everything that is named.

    Raises:
        ConfigError: ``scenario.invalid``: an unknown builtin face, or a picture where only a builtin face can be.
        UnreadableInput: ``scenario.media_absent`` or ``scenario.media_unreadable``, with the place in the file.
    """
    for place, source in _named(loaded.scenario):
        try:
            if is_builtin(source):
                builtin_face(source)
            else:
                library.open(source)
        except (ConfigError, UnreadableInput) as error:
            raise error.saying(located(loaded.text, place, error.message)) from None
    for place, wrong in _misfits(loaded.scenario):
        raise ConfigError("scenario.invalid", located(loaded.text, place, wrong), "See docs/simulation.md.")


def _named(scenario: Scenario) -> Iterator[tuple[str, str]]:
    if scenario.session.reference != "none":
        yield "session.reference", scenario.session.reference
    for index, client in enumerate(scenario.client):
        if client.reference not in ("", "none"):
            yield f"client[{index}].reference", client.reference
    for index, entry in enumerate(scenario.camera):
        for key in _KEYS:
            if hasattr(entry, key):
                yield f"camera[{index}].{key}", getattr(entry, key)
    for index, rule in enumerate(scenario.challenge):
        if rule.performer:
            yield f"challenge[{index}].performer", rule.performer
    for index, cheat in enumerate(scenario.cheat):
        if isinstance(cheat, Captures) and cheat.send == "source":
            yield f"cheat[{index}].source", cheat.source


def _misfits(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield what is drawn on a face that has no landmarks."""
    session = scenario.session
    if not is_builtin(session.reference) and any(is_worn(each) for each in session.reference_transforms):
        yield "session.reference_transforms", "glasses and covered regions need a builtin face."
    for index, client in enumerate(scenario.client):
        if client.reference_transforms and not client.reference:
            yield f"client[{index}].reference_transforms", "belongs to a reference of this client."
        elif not is_builtin(client.reference) and any(is_worn(each) for each in client.reference_transforms):
            yield f"client[{index}].reference_transforms", "glasses and covered regions need a builtin face."
    for index, entry in enumerate(scenario.camera):
        source = getattr(entry, "source", "")
        drawn = isinstance(entry, say.FaceSwap | say.FlatMask)
        if drawn and not (is_builtin(source) and is_builtin(getattr(entry, "face", ""))):
            yield f"camera[{index}]", "faceswap and flat_mask take builtin faces."
        on_face = [each for each in entry.transforms if isinstance(each, say.Turn) or is_worn(each)]
        if on_face and not is_builtin(source):
            name = type(on_face[0]).__name__.lower()
            yield f"camera[{index}].transforms", f"{name} on a face needs a builtin face."
