"""What the service has stored of a scenario's sessions."""
