"""What the network and the client's clock do."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from zaichang_simulation.format.types import Count, Factor, Fraction, Moment, Name, Offset, Span, Table

Address = Annotated[str, Meta(max_length=64)]


class _Weather(Table, tag_field="do", frozen=True, kw_only=True):
    """What all network entries share: whose, from when, until when (0: to the end)."""

    client: Name = "main"
    from_s: Moment
    until_s: Moment = 0.0


class Drop(_Weather, tag="drop", frozen=True, kw_only=True):
    """No network: the connection is cut (noticed after ``notice_s``), and none can be made."""

    notice_s: Span = 0.0


class Delay(_Weather, tag="delay", frozen=True, kw_only=True):
    """Messages are late: ``share`` of them by ``delay_s`` plus up to ``jitter_s``; order is kept, as TCP does."""

    delay_s: Span = 0.2
    jitter_s: Span = 0.0
    share: Fraction = 1.0
    direction: Literal["up", "down", "both"] = "both"


class Bandwidth(_Weather, tag="bandwidth", frozen=True, kw_only=True):
    """A slow uplink: messages take their size divided by this rate."""

    up_kbit_s: Annotated[float, Meta(ge=1, le=1_000_000)] = 256.0


class Lose(_Weather, tag="lose", frozen=True, kw_only=True):
    """The connection dies at the moment a message of this type is sent, so that it is lost; ``count`` times."""

    message: Literal["answer", "capture", "ready", "frame", "heartbeat", "finish"] = "answer"
    count: Count = 1
    down_s: Span = 1.0


class Flap(_Weather, tag="flap", frozen=True, kw_only=True):
    """The connection is cut every ``every_s`` for ``down_s``."""

    every_s: Annotated[float, Meta(ge=1, le=43_200)] = 20.0
    down_s: Span = 2.0


class Duplicate(_Weather, tag="duplicate", frozen=True, kw_only=True):
    """Something between sends ``share`` of the client's messages a second time, ``delay_s`` after the first."""

    share: Fraction = 0.1
    delay_s: Span = 0.0


class Reorder(_Weather, tag="reorder", frozen=True, kw_only=True):
    """Something between holds ``share`` of the client's messages back for ``delay_s``, so that later ones overtake."""

    share: Fraction = 0.1
    delay_s: Span = 1.0


class Move(_Weather, tag="move", frozen=True, kw_only=True):
    """Another network (Wi-Fi to mobile data): the connection dies at ``from_s``; the next comes from ``address``.

    Attributes:
        address: The client's address from then on.
        down_s: No network for so long.
    """

    address: Address
    down_s: Span = 2.0


NetworkEntry = Drop | Delay | Bandwidth | Lose | Flap | Duplicate | Reorder | Move

# The client's clock


class ClockEntry(Table, frozen=True, kw_only=True):
    """The client's clock from a moment on; protocol 1 carries no client time, so none of this may matter.

    Attributes:
        client: Whose.
        at_s: From when on.
        offset_s: Wall clock minus true time (a day is 86400; daylight saving 3600).
        zone: Time zone, recorded only.
        timer_speed: How fast the page's timers and clock run (1 true; a hooked ``setInterval`` 16).
        timer_least_s: The page's timers fire no oftener than this (a battery saver, a throttled tab: 60); 0: as asked.
    """

    client: Name = "main"
    at_s: Moment = 0.0
    offset_s: Offset = 0.0
    zone: Annotated[str, Meta(max_length=64)] = "Asia/Shanghai"
    timer_speed: Factor = 1.0
    timer_least_s: Span = 0.0
