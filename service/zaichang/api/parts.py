"""The parts of the running service that the routes use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from zaichang.audit.certificate.page import Drawing
from zaichang.hours.activities.parts import Activities
from zaichang.hours.badges import BadgeSigner, StatusLists
from zaichang.hours.certificates import CertificateDesk
from zaichang.hours.filing.parts import Filing
from zaichang.launch.camera_enrolment import LiveEnrolment
from zaichang.launch.enrolment import Enrolling
from zaichang.launch.institutions import Institutions
from zaichang.launch.launches import Launches
from zaichang.launch.lessons import Lessons
from zaichang.launch.passkeys import PasskeyDesk
from zaichang.launch.statement_tokens import StatementTokens
from zaichang.launch.tokens import LaunchTokens
from zaichang.live.gateway import Gateway
from zaichang.live.rate_limits import Rates
from zaichang.ports.log.places import LogPlaces
from zaichang.ports.review_desk import ReviewPorts
from zaichang.review.account_sharing import AccountSharing
from zaichang.review.desk import ReviewDesk
from zaichang.review.erasure_desk import ErasureDesk
from zaichang.review.media_delivery import DeliveryDesk
from zaichang.review.revocations import RevocationDesk
from zaichang.tlog.leaf_dates import in_log_by_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """The parts of the running service, given to ``create_app``.

    Attributes:
        gateway: Serves websockets.
        institutions: Institutions, reviewers and their keys.
        lessons: Lessons with their rules and question banks.
        launches: Signs launch tokens.
        enrolling: Makes references from photos.
        camera_enrolment: Leads learners through the poses.
        passkeys: Registers learners' passkeys.
        ports: Store, blobs, vault and clock.
        tokens: Verifies the launch tokens of learners who enrol themselves.
        statement_tokens: Issues and verifies the tokens of learners who read their statement.
        logs: The logs that are served.
        review: Decisions and appeals.
        revocations: Verified time that two people take back.
        erasures: Learners whom two people erase.
        certificates: Certificates of hours.
        badges: Signs their badges.
        status_lists: Says which badges' certificates have ended.
        drawing: Draws their PDF; None where its libraries or the font are not here.
        filing: Batches for platforms, and the platforms' answers.
        activities: Activities beyond study.
        rates: Rate limits.
        account_sharing: Indicators that compare sessions.
        deliveries: The delivery log.
        holds_back: Whether the logs hold records of sessions back to the end of their quarter of an hour.
        allowed_origins: Origins, beside the service's own, whose pages may open a websocket.
    """

    gateway: Gateway
    institutions: Institutions
    lessons: Lessons
    launches: Launches
    enrolling: Enrolling
    camera_enrolment: LiveEnrolment
    passkeys: PasskeyDesk
    ports: ReviewPorts
    tokens: LaunchTokens
    statement_tokens: StatementTokens
    logs: LogPlaces
    review: ReviewDesk
    revocations: RevocationDesk
    erasures: ErasureDesk
    certificates: CertificateDesk
    filing: Filing
    activities: Activities
    badges: BadgeSigner
    status_lists: StatusLists
    rates: Rates
    account_sharing: AccountSharing
    deliveries: DeliveryDesk
    holds_back: bool = False
    allowed_origins: tuple[str, ...] = ()
    drawing: Drawing | None = None

    def in_log_by_ms(self, decided_ms: int | None) -> int | None:
        """Return by when the log holds a decision that waits for it; None where none waits.

        Args:
            decided_ms: When it was made, server time; None where there is none.
        """
        by_ms = in_log_by_ms(decided_ms) if self.holds_back and decided_ms is not None else 0
        return by_ms if self.ports.clock.now_ms() < by_ms else None


async def parts_of(request: Request) -> ApiParts:
    """Return the parts of the service that answers this request."""
    parts: ApiParts = request.app.state.parts
    return parts


Parts = Annotated[ApiParts, Depends(parts_of)]
"""A route's parameter: the parts of the running service."""
