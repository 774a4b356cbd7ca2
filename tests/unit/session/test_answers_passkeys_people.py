"""Who earns under required passkeys: owners, proxies far away, shared, lost and new devices, browsers without them.

Each studies ten minutes; pictures always pass, as before a live face swap. Time goes to the record or to a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from support.hands import Hands
from unit.session.judgements.test_passkeys import HELD, POLICY
from zaichang.core.enums import ChallengeKind as K
from zaichang.core.enums import Proof
from zaichang.session.events import Passkey, Passkeys
from zaichang.session.policy import Policy

SPAN_MS = 600_000
WITHOUT = replace(POLICY, challenge_kinds=(K.CONFIRM,))
FACES = replace(POLICY, proofs=(Proof.PRESENCE, Proof.IDENTITY), passkey_face="required", challenge_kinds=(K.CONFIRM,))
Answer = Callable[[Hands], object]


def owner(session: Hands) -> None:
    session.touch(3_000)


def far_away(session: Hands) -> None:
    """The owner's device is elsewhere: the page asks for another challenge, which the proxy answers."""
    session.decline()


def own_key(session: Hands) -> None:
    """A key of the proxy's own signs: it is none of those that were registered."""
    session.touch(3_000, credential_id="AAM", verified=False)
    session.decline()


def study(policy: Policy, answer: Answer, held: Passkeys | None = HELD) -> Hands:
    route = "face" if policy is FACES else "challenge"
    session = Hands(policy, route=route, passkeys=held)
    if route == "face":
        session.begin()
    until_ms = session.now_ms + SPAN_MS
    while session.now_ms < until_ms:
        while session.state.proofs.round is not None:
            session.round()
        while (challenge := session.state.challenges.open) is not None:
            answer(session) if challenge.kind == K.PASSKEY else session.answer()
        elapsed_ms = 5_000
        session.wait(elapsed_ms).beat(session.state.playback.beat_playhead_ms + elapsed_ms)
    return session


def counted(session: Hands) -> tuple[int, int]:
    """Return the verified and the undecided time."""
    undecided = sum(end_ms - start_ms for start_ms, end_ms in session.state.credit.undecided)
    return session.state.credit.verified_ms, undecided


@pytest.mark.parametrize("policy", [FACES, WITHOUT], ids=["faces", "challenges"])
class TestPeople:
    def test_an_owner_earns(self, policy: Policy) -> None:
        verified_ms, undecided_ms = counted(study(policy, owner))
        assert verified_ms > 400_000 and undecided_ms == 0

    @pytest.mark.parametrize("proxy", [far_away, own_key])
    def test_a_proxy_without_the_owners_device_earns_nothing_by_itself(self, policy: Policy, proxy: Answer) -> None:
        verified_ms, undecided_ms = counted(study(policy, proxy))
        assert verified_ms == 0 and undecided_ms > 300_000

    def test_a_learner_who_lost_the_device_loses_no_time_to_it(self, policy: Policy) -> None:
        session = study(policy, far_away)
        assert counted(session)[1] > 300_000
        assert 1 <= session.indicated()["PASSKEY_MISSING"] <= 2, "after two in a row none is asked for"

    def test_a_browser_without_passkeys_sends_the_time_to_a_person(self, policy: Policy) -> None:
        session = study(policy, owner, None)
        assert counted(session)[0] == 0 and counted(session)[1] > 300_000
        assert "PASSKEY_MISSING" not in session.indicated(), "it was asked for nothing"

    def test_a_new_phone_earns_with_its_own_passkey(self, policy: Policy) -> None:
        new = replace(HELD, keys=(Passkey(credential_id="AAQ", public_key="MFk", at_ms=9, supervised=True),))
        verified_ms, undecided_ms = counted(study(policy, owner, new))
        assert verified_ms > 400_000 and undecided_ms == 0

    def test_each_account_of_a_shared_device_has_a_passkey_of_its_own(self, policy: Policy) -> None:
        """The device tells its users apart no further than by its PIN: both earn, each with its own key alone."""
        other = replace(HELD, keys=(replace(HELD.keys[0], credential_id="AAU"),))
        assert counted(study(policy, owner, other))[0] > 400_000

        def wrong(session: Hands) -> None:
            session.touch(3_000, credential_id=HELD.keys[0].credential_id)
            session.decline()

        assert counted(study(policy, wrong, other))[0] == 0

    def test_only_supervised_ones_count_where_the_rules_say_so(self, policy: Policy) -> None:
        unseen = replace(HELD, keys=HELD.keys[:1])
        strict = replace(policy, passkey_supervised=True)
        session = Hands(strict, route="challenge", passkeys=unseen)
        assert session.state.challenges.open is not None and session.state.challenges.open.kind == K.CONFIRM
