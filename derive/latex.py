def aligned(x): return ""
