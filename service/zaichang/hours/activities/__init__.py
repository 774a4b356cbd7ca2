"""The shell around activities beyond study: checklists, evidence files, the desk, and imports."""
