"""Pages for people: learner timeline, session list, log."""
