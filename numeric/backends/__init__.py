"""The derived formulas for JAX and torch: the same lines, spelled by one vocabulary."""
