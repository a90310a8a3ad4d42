"""Captions: text with times, read from WebVTT and SRT, and written as WebVTT. Pure."""
