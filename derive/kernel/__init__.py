"""The trusted part: index expressions, their partial derivatives, their normal form, verdicts."""
