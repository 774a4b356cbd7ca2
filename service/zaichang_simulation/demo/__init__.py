"""The demo: sample lessons, a simulated learner, and a service that also serves the lessons' media."""
