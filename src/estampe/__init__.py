"""Estampe makes images and videos from prompts for many people and organisations at once."""

__version__ = "0.1.0"
