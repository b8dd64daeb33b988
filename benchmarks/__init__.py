"""Measurements of speed and memory; each prints ratios of one run, and JSON on its last line."""
