"""Open sessions: connections, events, timers, orders, recording and publishing."""
