"""The websocket protocol: messages, codec, limits, close codes, version."""
