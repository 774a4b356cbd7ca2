"""The layers that each request passes before its route: limits, headers, origins."""
