"""Settings, read once in ``main``; rooms receive their own small frozen configuration."""
