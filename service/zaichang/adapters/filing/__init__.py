"""Platforms: files by hand, SFTP, HTTPS, and a learning record store."""
