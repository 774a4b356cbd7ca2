"""HTTP and websocket: FastAPI routes, authorisation, one error shape."""
