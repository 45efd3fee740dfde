"""All running text of documents, by key, one catalogue per language.  Formulas are put in by position: {0}, {1}."""

from __future__ import annotations

import re
from typing import Any

from .document import Inlines
from .errors import DeriveError
from .layout import Layout

ENGLISH = {
    "title": "Backpropagation: {0}",
    "network": "a network with {0} layers",
    "one_layer": "a network with one layer",
    "program": "a forward model with {0} equations",
    "depth": "a network with {0} layers, by induction",
    "conventions": "Conventions",
    "layout": "Layout: a gradient has the shape of its variable (denominator layout).",
    "ng": "Notation: the input is layer 0, {0} belongs to layer l, and {1} is the gradient in {0}.",
    "nielsen": "Notation: the input is layer 1, {0} belongs to layer l, and {1} is the error of layer l, the gradient in {0}.",
    "samples": "The columns of {0} are the {1} samples.",
    "late": "The mean is taken late: for intermediates, {0} is {1} times the derivative, {0} = {2}; the factor {3} stands in the gradients of the parameters.",
    "late_nielsen": "The mean is taken late: {0} = {2}, that is, {1} times the derivative, and likewise for the activations; the factor {3} stands in the gradients of the parameters.",
    "early": "The mean is taken early: {0} = {1}, with the factor {2} inside.",
    "hadamard": "{0} is the product entry by entry; functions, fractions and powers written with a circle are taken entry by entry, and a number added to a matrix is added to every entry.",
    "ones": "{0} is the column of {1} ones: {2} repeats b in every column, and multiplying by {0} from the right gives the row sums.",
    "sign_learning": "The derivative of sign is zero wherever it exists. So no gradient passes through it: every parameter below it has gradient zero, and gradient descent cannot learn it. This is why the perceptron has a learning rule of its own, and why networks use other activations.",
    "kinks": "The derivative of {0} at z = 0 is a choice; here it is the value from the left.",
    "symbols": "Symbols",
    "symbol": "symbol", "shape": "shape", "meaning": "meaning",
    "input": "input, one column for each sample", "target": "target", "one_input": "input", "parameter_W": "weights of layer {0}",
    "parameter_b": "biases of layer {0}", "weighted": "weighted input of layer {0}", "activation": "activation of layer {0}",
    "cost": "loss", "data": "input data", "intermediate": "intermediate", "parameter": "parameter",
    "forward": "Forward pass", "derivatives": "Derivatives of the activations",
    "backward": "Backward pass", "gradient_in": "Gradient in {0}",
    "by_rules": "{0}", "in_equation": "in the equation of ", "all_paths": "all paths added",
    "insert": "insert ", "name": "write ", "derivative from the output": "derivative from the output ",
    "cancel entry by entry": "cancel, entry by entry", "fact": "assumed: ", "ones disappear": "ones disappear",
    "multiply out": "multiply out", "average": "the factor of the mean comes back",
    "assumed": "Assumed", "columns_of_Y_sum_to_1": "every column of {0} sums to 1: ",
    "summary": "Summary", "dimensions": "Dimension check", "gradient": "gradient", "computed": "computed as",
    "fits": "shapes", "steps": "All steps", "number": "no.", "for": "for", "rule": "rule", "law": "law", "shapes_before_after": "shapes before and after",
    "rules_used": "Rules used", "source": "source",
    "checked": "What was proved",
    "checked_steps": "Every one of the {0} steps was replayed against the table of rules, and proved to be a true equation.",
    "checked_gradients": "Each of the {0} gradients was proved to be the derivative of the loss, for all shapes and all values at which everything is defined, from partial derivatives of single entries: a route that shares nothing with the rules.",
    "checked_kinks": "Points at which an activation has a kink are left out; the value printed there is a choice.",
    "element_form": "Element form", "diagonal_form": "Diagonal form", "jacobians": "Proofs with Jacobian matrices",
    "product_form": "The full product over layers",
    "base_case": "Base case: the output layer", "induction_step": "Induction step: from layer {0} to layer {1}",
    "induction_text": "Suppose {0} is known. The layer below it follows, and with it, by induction, every layer.",
    "one_sample": "This form speaks of one sample: a column of each matrix.",
    "element_chain": "chain rule: {0} reaches the loss through every {1}",
    "element_definition": "By definition, and differentiating it (with the Kronecker delta, 1 where both indices agree, else 0):",
    "element_by_definition": "definition", "element_differentiate": "sum and chain rule, entry by entry",
    "element_collapse": "all other terms vanish", "element_insert": "write {1} for {0}", "element_matrix": "In matrix form: ",
    "element_from": "from ", "element_reaches": "chain rule: {0} reaches the loss through ",
    "element_all": "all paths added", "element_one_way": "One way from {0} to the loss leads through {1}; it contributes ",
    "element_direct": "{0} also stands in the loss itself.",
    "element_put": "insert the derivative", "element_known": "insert {0}",
    "jacobian_entry": "row j, column k (denominator layout)", "jacobian_matrix": "read as a matrix",
    "jacobian_no_product": "the entries, from the definition",
    "jacobian_sums": "by the chain rule, summed over the entries",
    "jacobian_chain": "chain rule in denominator layout", "jacobian_weights": "an outer product: entry (j, q) is the product of entry j and entry q",
    "sigma_matrix": "{0} is the diagonal matrix with the entries {1}; multiplying by it from the left is the product entry by entry with {2}.",
}  # fmt: skip

CATALOGUES = {"en": ENGLISH}


class Words:
    """One language.  words("late", a, b) gives inlines with the layouts a and b in their places."""

    def __init__(self, language: str) -> None:
        if language not in CATALOGUES:
            raise DeriveError(
                f"there is no catalogue for language {language!r}; expected one of {', '.join(CATALOGUES)}"
            )
        self.language = language
        self.catalogue = CATALOGUES[language]

    def __call__(self, key: str, *parts: Any) -> Inlines:
        found: list[Any] = []
        for piece in re.split(r"(\{\d\})", self.catalogue[key]):
            if re.fullmatch(r"\{\d\}", piece):
                part = parts[int(piece[1])]
                found.append(part if isinstance(part, Layout) else str(part))
            elif piece:
                found.append(piece)
        return tuple(found)

    def plain(self, key: str, *parts: Any) -> str:
        """Words without formulas."""
        return "".join(str(p) for p in self(key, *parts))
