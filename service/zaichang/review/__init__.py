"""Reviewers' decisions after a session, and checks across sessions."""
