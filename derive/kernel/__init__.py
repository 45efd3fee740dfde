"""The kernel: claims about index expressions, decided for all shapes and all values."""
