"""What the camera sees: ``[[camera]]`` entries and their transforms."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from zaichang_simulation.format.types import (
    Degrees,
    Event,
    Factor,
    Fraction,
    Moment,
    Name,
    Pixels,
    Signed,
    Source,
    Span,
    Table,
    Text,
    Times,
)

Region = Literal["eyes", "mouth", "mask", "left", "right", "chin", "forehead", "face"]


class Brightness(Table, tag_field="do", tag="brightness", frozen=True, kw_only=True):
    """Multiply, then add, then gamma: ``255 * ((value * gain + offset) / 255) ** gamma``."""

    gain: Annotated[float, Meta(ge=0, le=8)] = 1.0
    offset: Annotated[float, Meta(ge=-255, le=255)] = 0.0
    gamma: Annotated[float, Meta(ge=0.1, le=10)] = 1.0


class Tint(Table, tag_field="do", tag="tint", frozen=True, kw_only=True):
    """Multiply the red, green and blue channels (a coloured lamp, a screen's glow)."""

    red: Annotated[float, Meta(ge=0, le=4)] = 1.0
    green: Annotated[float, Meta(ge=0, le=4)] = 1.0
    blue: Annotated[float, Meta(ge=0, le=4)] = 1.0


class Backlight(Table, tag_field="do", tag="backlight", frozen=True, kw_only=True):
    """A window behind the learner: the border blown out, the middle darkened; 0 nothing, 1 extreme."""

    strength: Fraction = 0.5


class Blur(Table, tag_field="do", tag="blur", frozen=True, kw_only=True):
    """Gaussian blur (a dirty or unfocused lens); sigma in pixels of the frame."""

    sigma_px: Annotated[float, Meta(ge=0, le=60)] = 2.0


class MotionBlur(Table, tag_field="do", tag="motion_blur", frozen=True, kw_only=True):
    """Blur along one direction (a moving head, a shaking hand)."""

    length_px: Annotated[int, Meta(ge=1, le=120)] = 15
    angle_deg: Degrees = 0.0


class Noise(Table, tag_field="do", tag="noise", frozen=True, kw_only=True):
    """Gaussian sensor noise, new in every frame; sigma in grey levels of 255."""

    sigma: Annotated[float, Meta(ge=0, le=120)] = 8.0


class Occlude(Table, tag_field="do", tag="occlude", frozen=True, kw_only=True):
    """Cover part of the picture with one colour.

    ``region`` covers a part of a builtin face and moves with it; without it ``x y width height`` (fractions of the
    frame) say what is covered.
    """

    region: Region | None = None
    x: Fraction = 0.0
    y: Fraction = 0.0
    width: Fraction = 1.0
    height: Fraction = 1.0
    red: Annotated[int, Meta(ge=0, le=255)] = 90
    green: Annotated[int, Meta(ge=0, le=255)] = 75
    blue: Annotated[int, Meta(ge=0, le=255)] = 65


class Glasses(Table, tag_field="do", tag="glasses", frozen=True, kw_only=True):
    """Draw a pair of glasses on a builtin face; ``dark`` 0 clear, 1 black sunglasses."""

    dark: Fraction = 0.1


class Scale(Table, tag_field="do", tag="scale", frozen=True, kw_only=True):
    """Enlarge (above 1: nearer) or shrink (below 1: further away) about the middle."""

    factor: Annotated[float, Meta(ge=0.05, le=8)] = 1.0


class Shift(Table, tag_field="do", tag="shift", frozen=True, kw_only=True):
    """Move the picture, in fractions of its width and height; positive is right and down."""

    x: Signed = 0.0
    y: Signed = 0.0


class Rotate(Table, tag_field="do", tag="rotate", frozen=True, kw_only=True):
    """Rotate about the middle, clockwise."""

    angle_deg: Degrees = 0.0


class Mirror(Table, tag_field="do", tag="mirror", frozen=True, kw_only=True):
    """Swap left and right, as many webcams' previews do."""


class Turn(Table, tag_field="do", tag="turn", frozen=True, kw_only=True):
    """Turn the head of a builtin face (reading notes, looking away): yaw to its left, pitch up, in degrees."""

    yaw_deg: Annotated[float, Meta(ge=-60, le=60)] = 0.0
    pitch_deg: Annotated[float, Meta(ge=-45, le=45)] = 0.0


class Compress(Table, tag_field="do", tag="compress", frozen=True, kw_only=True):
    """Compress as JPEG once more (a stream recorded before)."""

    quality_pct: Annotated[int, Meta(ge=1, le=100)] = 30


class Pixelate(Table, tag_field="do", tag="pixelate", frozen=True, kw_only=True):
    """Shrink to this width and enlarge again (a poor camera or video call)."""

    width_px: Pixels = 160


Transform = (
    Brightness
    | Tint
    | Backlight
    | Blur
    | MotionBlur
    | Noise
    | Occlude
    | Glasses
    | Scale
    | Shift
    | Rotate
    | Mirror
    | Turn
    | Compress
    | Pixelate
)
POSTURE = (Occlude, Shift, Scale, Turn, MotionBlur, Rotate)
"""Transforms that a person takes back when asked to face the camera."""


class _Entry(Table, tag_field="kind", frozen=True, kw_only=True):
    """What all entries share.

    Attributes:
        client: Whose camera.
        at_s: From when on; until the client's next entry.
        camera: Name of the device; another name than before means that the camera was changed.
        label: The device's label as a browser would show it.
        virtual: Whether the client tells the server that the camera looks virtual (a cheat says no).
        width_px: Width of the camera's picture.
        height_px: Height.
        fps: Pictures per second; between two of them the picture is the same.
        noise: Sensor noise of the camera, sigma in grey levels; 0 makes a still bit-identical.
        when_asked: ``turn``: a person shown turns to the camera when the server asks; ``called``: also when a challenge
            appears (a person who listens for it); ``stay``: not.
        react_s: How long that takes.
        transforms: Applied in this order.
        on: Not from ``at_s`` on, but at every such event from then on, over whatever the other entries show.
        after_s: So long after that event.
        for_s: With ``on`` or ``every_s``: for how long; 0: until another entry of these shows.
        first: With ``on``: only at the first so many events; 0: at all.
        every_s: From ``at_s`` on, for ``for_s`` in every such period; 0: no cycle.
    """

    client: Name = "main"
    at_s: Moment = 0.0
    camera: Name = "cam-1"
    label: Text = "Integrated Camera"
    virtual: bool = False
    width_px: Pixels = 640
    height_px: Pixels = 480
    fps: Annotated[float, Meta(ge=0.1, le=120)] = 25.0
    noise: Annotated[float, Meta(ge=0, le=60)] = 2.5
    when_asked: Literal["turn", "called", "stay"] = "stay"
    react_s: Annotated[float, Meta(ge=0, le=600)] = 2.0
    transforms: tuple[Transform, ...] = ()
    on: Event = ""
    after_s: Span = 0.0
    for_s: Span = 0.0
    first: Times = 0
    every_s: Span = 0.0


class Clip(_Entry, tag="clip", frozen=True, kw_only=True):
    """A person in front of the camera: a builtin face moved as a head moves, or a video file.

    Attributes:
        source: ``builtin:NAME`` or the path of a video or picture. An upright file stands the camera upright, too.
        source_at_s: Where in the file to begin.
        speed: Of the file.
        repeat: At the file's end: forwards and backwards, again from ``source_at_s``, or hold the last picture.
        motion: How much a builtin head moves; 0 not at all, 1 like someone who watches a lesson.
        drift: How much a file's picture wanders (shift, size, tilt), so that a file shown again is not the same again.
        live: Whether a person is there who can follow orders; false: a recording that ignores them.
        hand_turns: A recording that a hand turns and tips as a whole, where movements are ordered.
    """

    source: Source = "builtin:astronaut"
    source_at_s: Moment = 0.0
    speed: Factor = 1.0
    repeat: Literal["bounce", "loop", "hold"] = "bounce"
    motion: Annotated[float, Meta(ge=0, le=4)] = 1.0
    drift: Annotated[float, Meta(ge=0, le=4)] = 1.0
    live: bool = True
    hand_turns: bool = False
    when_asked: Literal["turn", "called", "stay"] = "turn"


class Still(_Entry, tag="still", frozen=True, kw_only=True):
    """One picture that never moves, as a picture file fed into the camera; ``noise`` is 0 unless given."""

    source: Source = "builtin:astronaut"
    source_at_s: Moment = 0.0
    noise: Annotated[float, Meta(ge=0, le=60)] = 0.0


class Shown(_Entry, tag="shown", frozen=True, kw_only=True):
    """A presentation attack: the source on paper or on a screen, held in front of a real camera.

    Attributes:
        source: The shown picture; a builtin face moves, unless ``moving`` is false.
        source_at_s: Where in the file to begin.
        moving: Whether the source plays, or stands still.
        medium: ``print`` (paper: dull colours, dots, bent), ``phone`` or ``monitor`` (bezel, pixel grid, moire, glare).
        size: Width of the paper or screen as a fraction of the frame's width; above 1 its edges are outside.
        hand: How much it trembles; 0 fixed on a stand.
    """

    source: Source = "builtin:astronaut"
    source_at_s: Moment = 0.0
    moving: bool = True
    medium: Literal["print", "phone", "monitor"] = "phone"
    size: Annotated[float, Meta(ge=0.1, le=3)] = 0.8
    hand: Annotated[float, Meta(ge=0, le=4)] = 1.0


class Pair(_Entry, tag="pair", frozen=True, kw_only=True):
    """Two people: side by side at the desk, or the second one behind.

    Attributes:
        source: The first.
        second: The second.
        layout: ``beside``: each half the frame; ``behind``: the second small, in the background.
        second_size: ``behind``: width of the second as a fraction of the frame's width.
        second_x: ``behind``: where its middle is, fraction of the width.
        second_y: ``behind``: likewise, of the height.
    """

    source: Source = "builtin:astronaut"
    second: Source = "builtin:officer"
    layout: Literal["beside", "behind"] = "beside"
    second_size: Annotated[float, Meta(ge=0.02, le=1)] = 0.2
    second_x: Fraction = 0.85
    second_y: Fraction = 0.3


class FaceSwap(_Entry, tag="faceswap", frozen=True, kw_only=True):
    """A builtin face laid over another builtin head that moves, as live face-swap programs do."""

    source: Source = "builtin:officer"
    face: Source = "builtin:astronaut"


class FlatMask(_Entry, tag="flat_mask", frozen=True, kw_only=True):
    """A living person who wears a printed face, cut out and flat: it moves with the head and has no depth."""

    source: Source = "builtin:officer"
    face: Source = "builtin:astronaut"


class Loop(_Entry, tag="loop", frozen=True, kw_only=True):
    """An injected recording: what this camera showed from ``from_s`` to ``to_s``, again and again, at ``fps``."""

    from_s: Moment = 0.0
    to_s: Moment = 10.0
    noise: Annotated[float, Meta(ge=0, le=60)] = 0.0


class Absent(_Entry, tag="absent", frozen=True, kw_only=True):
    """An empty chair in a lit room; with ``when_asked`` ``turn`` or ``called`` the person of ``source`` comes back."""

    source: Source = "builtin:astronaut"


class Black(_Entry, tag="black", frozen=True, kw_only=True):
    """A covered lens: one grey level everywhere, with the camera's noise."""

    level: Annotated[int, Meta(ge=0, le=255)] = 3


class Frozen(_Entry, tag="frozen", frozen=True, kw_only=True):
    """The camera goes on delivering the last picture of the entry before, bit by bit the same."""


class Unavailable(_Entry, tag="unavailable", frozen=True, kw_only=True):
    """No camera: unplugged, permission denied, used by another program; the client says so, or is silent."""

    cause: Literal["no_camera", "denied", "busy", "hidden", "ended"] = "no_camera"
    silent: bool = False


CameraEntry = Clip | Still | Shown | Pair | FaceSwap | FlatMask | Loop | Absent | Black | Frozen | Unavailable
