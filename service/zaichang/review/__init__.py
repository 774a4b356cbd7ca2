"""What people decide after a session, and what is looked for across sessions."""
