"""The demo's landing page: a visitor chooses learner, reviewer or inspector, and the page hands out the token.

A real institution never does this: its platform launches a learner after its own sign-in. So the entrance answers
loopback only, by peer and by ``Host`` (a foreign site whose name was pointed at loopback is refused), and only to
``POST`` with a header that no form and no foreign page can send.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.main.service import Services
from zaichang_simulation.demo.lessons import COURSE_ID, LESSONS
from zaichang_simulation.demo.progress import StudyProgress

PATH: Final = "/demo"
_FILES: Final = {
    "": ("index.html", "text/html; charset=utf-8"),
    "/door.js": ("door.js", "text/javascript; charset=utf-8"),
    "/door.css": ("door.css", "text/css; charset=utf-8"),
}
_FOLDER: Final = Path(__file__).parent / "door"


def entrance_router(
    services: Services, institution: InstitutionId, reviewer_key: str, progress: StudyProgress
) -> APIRouter:
    """Return the landing page's routes.

    Args:
        services: Of the demo.
        institution: The sample institution.
        reviewer_key: The key that a visitor who chooses the reviewer gets.
        progress: The simulated learner's.
    """
    router = APIRouter()

    def static(path: str, name: str, kind: str) -> None:
        @router.get(PATH + path)
        async def file() -> Response:
            return FileResponse(_FOLDER / name, media_type=kind, headers={"cache-control": "no-cache"})

    for path, (name, kind) in _FILES.items():
        static(path, name, kind)

    @router.get(f"{PATH}/progress")
    async def shown() -> dict[str, object]:
        minutes = "".join(progress.minutes[index] for index in sorted(progress.minutes))
        return {"minutes": minutes, "checked": progress.checked}

    @router.post(f"{PATH}/enter/{{role}}")
    async def enter(role: str, request: Request, x_zaichang_demo: Annotated[str, Header()] = "") -> dict[str, str]:
        if not (x_zaichang_demo and from_here(request)):
            raise NotAllowed(
                "demo.loopback_only",
                "The demo hands out tokens on this computer only.",
                "Open http://127.0.0.1:8000/demo in a browser on the computer that runs the demo.",
            )
        match role:
            case "learner":
                return {"address": await _course(services, institution)}
            case "sessions" | "queue":
                return {"address": f"/{role}#key={reviewer_key}"}
            case _:
                raise NotFound("http.not_found", "There is nothing here.")

    return router


def from_here(request: Request) -> bool:
    """Return whether a request comes from this computer and asks for it by a loopback name."""
    peer = request.client.host if request.client else ""
    return _loopback(peer) and (request.url.hostname == "localhost" or _loopback(request.url.hostname or ""))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


async def _course(services: Services, institution: InstitutionId) -> str:
    """Launch a new learner in every lesson: seconds that an earlier visitor was credited would not count again."""
    you = LearnerId(f"you-{services.ports.token_hex(3)}")
    launch = services.launches.issue
    tokens = [await launch(institution, you, COURSE_ID, lesson.lesson_id, enrol=True) for lesson in LESSONS]
    # For a learner who does not agree to the face check: the page asks first.
    others = [
        await launch(institution, you, COURSE_ID, lesson.lesson_id, route="challenge", enrol=True) for lesson in LESSONS
    ]
    return f"/course#tokens={','.join(tokens)}&others={','.join(others)}"
