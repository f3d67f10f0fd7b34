"""Placeholder until its stage is written."""
