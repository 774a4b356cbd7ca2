"""Verified seconds to 学时 / credits by rule pack. Pure."""
