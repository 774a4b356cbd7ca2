"""Answers that need no key: the service's health, policies, the list of logs."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import Field, create_model

from zaichang.api.models.common import Answer, At
from zaichang.session.policy import Policy


class Health(Answer):
    """The service is running."""

    ok: bool = Field(description="Always true.", examples=[True])
    version: str = Field(description="Version of the service.", examples=["0.1.0"])
    protocol: int = Field(description="Version of the websocket protocol.", examples=[1])
    now_ms: At
    vision_capacity: int = Field(description="How many frames may be analysed at once.", examples=[8])


class LogLine(Answer):
    """The log of one institution and year."""

    institution: str = Field(description="Whose.", examples=["college"])
    year: str = Field(description="Of which year.", examples=["2026"])
    vkey: str = Field(description="Its verifier key, as a signed note has it.", examples=["log.example+5f0c5f0c+AQ=="])
    path: str = Field(description="Where its files are served.", examples=["/log/college/2026"])


class LogsAnswer(Answer):
    """All logs with their keys."""

    logs: list[LogLine]


def _policy_fields() -> dict[str, Any]:
    hints = get_type_hints(Policy)
    return {
        # A rule may have the name of a method of pydantic's; its alias is its name.
        f"{each.name}_" if hasattr(Answer, each.name) else each.name: (
            list[str] if isinstance(each.default, tuple) else hints[each.name],
            Field(
                alias=each.name,
                # Rules of an older schema lack the newer fields; the answer leaves them out.
                default_factory=lambda: None,
                description=str(each.metadata["doc"]),
                examples=[list(each.default) if isinstance(each.default, tuple) else each.default],
            ),
        )
        for each in fields(Policy)
    }


PolicyAnswer: type[Answer] = create_model(
    "PolicyAnswer", __base__=Answer, __doc__="Every rule of a policy; docs/policy.md.", **_policy_fields()
)
