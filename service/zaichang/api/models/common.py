"""Models that the API's other models share."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

JSON_MAX_BYTES: Final = 65_536
ID_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class Asked(BaseModel):
    """The JSON body of a request. Unknown fields are refused, and no value is converted to another type.

    Attributes:
        max_bytes: Most bytes of the body.
        refusal: Error code of a body that does not fit.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    max_bytes: ClassVar[int] = JSON_MAX_BYTES
    refusal: ClassVar[str] = "http.invalid"


class Answer(BaseModel):
    """The JSON body of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def like_id(description: str, example: str) -> Any:
    """Return the pydantic field of an identifier.

    The handler checks the identifier's letters, so that a bad one gives ``id.invalid`` and not a schema error.

    Args:
        description: Text for openapi.json.
        example: Example for openapi.json.
    """
    return Field(
        min_length=1,
        max_length=64,
        description=description,
        examples=[example],
        json_schema_extra={"pattern": ID_PATTERN},
    )


def one_of(values: tuple[str, ...], description: str, length: int = 16) -> Any:
    """Return the pydantic field of a choice. The handler checks it: a wrong one gives the subject's error code.

    Args:
        values: The allowed values.
        description: Text for openapi.json.
        length: Most characters.
    """
    return Field(max_length=length, description=description, json_schema_extra={"enum": list(values)})


At = Annotated[int, Field(description="Server time, Unix milliseconds.", examples=[1_767_225_600_000])]
Ms = Annotated[int, Field(description="A duration in milliseconds.", examples=[60_000])]
Interval = Annotated[
    tuple[int, int], Field(description="Positions [start, end) in the lesson, milliseconds.", examples=[[0, 60_000]])
]
InLogBy = Annotated[
    int | None,
    Field(
        description="By when the log holds the decision, server time; null where it holds it, or no decision waits.",
        examples=[None],
    ),
]
Cursor = Annotated[
    str, Field(description="The next page's cursor; empty on the last page.", examples=["1767225600000.5f0c"])
]


class ErrorDetail(Answer):
    """The reason why a call was refused."""

    code: str = Field(description="Stable code, `area.what`; docs/errors.md lists them.", examples=["auth.required"])
    message: str = Field(description="The cause, in English.", examples=["A valid key is required."])
    hint: str = Field(
        description="The remedy; empty where there is none.", examples=["Send it as Authorization: Bearer <key>."]
    )


class ErrorAnswer(Answer):
    """The one error shape of every route."""

    error: ErrorDetail


class Done(Answer):
    """The request was carried out."""

    ok: bool = Field(description="Always true.", examples=[True])


class Names(Answer):
    """A name in both languages."""

    zh: str = Field(description="In Chinese.", examples=["示例学院"])
    en: str = Field(description="In English.", examples=["Example College"])


class InstitutionNames(Names):
    """An institution's id and names."""

    id: str = Field(description="The institution's id.", examples=["college"])


class Reason(Answer):
    """A reason code with its sentences; docs/reasons.md lists them."""

    code: str = Field(description="The reason code.", examples=["REVIEW_GRANTED"])
    zh: str = Field(description="Its sentence in Chinese.", examples=["审核人员看过记录，这段时间已计入。"])
    en: str = Field(description="Its sentence in English.", examples=["A reviewer granted it."])
