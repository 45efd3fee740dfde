"""The doors: what people start from a shell."""
