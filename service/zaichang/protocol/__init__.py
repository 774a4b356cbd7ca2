"""What travels on the websocket: messages, codec, limits, close codes, version."""
