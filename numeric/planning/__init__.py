"""Planned steps: what is computed stands in the plain source; here it is decided where each value is kept, and when."""
