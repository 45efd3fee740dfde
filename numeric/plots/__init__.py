"""Pictures of training, with matplotlib (pip install "backproof[plots]"); every function returns a Figure."""

from .boundary import decision_boundaries, decision_boundary
from .canvas import png
from .confusion import confusion_matrix
from .diagram import network_diagram
from .flow import gradient_flow
from .functions import activation_curves
from .images import image_gallery, weight_images
from .lines import curves, learning_curves

__all__ = ["activation_curves", "confusion_matrix", "curves", "decision_boundaries", "decision_boundary",
           "gradient_flow", "image_gallery", "learning_curves", "network_diagram", "png",
           "weight_images"]  # fmt: skip
