"""The policy that an inspection demands: by its digest where the inspector's release knows the rules, else by name."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.audit.findings import About, Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A demanded policy.

    Attributes:
        name: Its name, or name and version with a space between.
        version: The version that ``digest`` is of, empty where no digest is demanded.
        digest: SHA-256 of the rules, 64 hex digits; empty: the name alone is compared.
    """

    name: str
    version: str = ""
    digest: str = ""

    def check(self, ran: str, digest: str, about: About, findings: Findings) -> None:
        """Compare a session's policy.

        Args:
            ran: Name and version of the session's policy, empty where the bundle does not hold it.
            digest: Its digest, from the session's first leaf.
            about: The session's first leaf.
            findings: Takes the result.
        """
        if self.digest and digest == self.digest:
            findings.passed("policy", about, f"Ran under {self.name} {self.version}, by its digest.")
        elif not ran:
            message = "The policy is not in the bundle: export it with everything opened."
            findings.undecided("policy", "E_POLICY", message, about, field="policy")
        elif self.digest and ran == f"{self.name} {self.version}":
            message = f"The session ran under other rules that carry the name and version of {ran}."
            findings.failed("policy", "E_POLICY", message, about, field="policy", expected=self.digest, got=digest)
        elif self.digest and ran.split(" ")[0] == self.name:
            message = (
                f"The session ran under {ran}, and this release knows {self.name} in version {self.version} alone. "
                "Repeat the audit with the release that ships it, or read the policy in the bundle."
            )
            findings.undecided("policy", "E_POLICY", message, about, field="policy")
        elif not self.digest and self.name in (ran, ran.split(" ")[0]):
            findings.passed("policy", about, f"Ran under {ran}, by its name.")
        else:
            message = "The session ran under another policy than the inspection demands."
            findings.failed("policy", "E_POLICY", message, about, field="policy", expected=self.name, got=ran)
