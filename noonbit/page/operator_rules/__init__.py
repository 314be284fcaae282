"""How each operator of ONNX becomes one of the page's."""
