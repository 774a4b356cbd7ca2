"""The steps before a session begins: institutions, lessons, launch tokens, enrolment."""
