"""What exists before a session begins: institutions, lessons, launch tokens, enrolment."""
