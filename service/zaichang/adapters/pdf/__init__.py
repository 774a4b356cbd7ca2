"""Draws certificates as PDF."""
