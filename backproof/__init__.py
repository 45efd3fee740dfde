"""The doors: command line and demo."""
