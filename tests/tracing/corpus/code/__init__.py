"""Ordinary NumPy code, as people write it.  Nothing here knows that it is going to be proved."""
