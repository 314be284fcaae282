"""From a plan to trained weights: the loop, the gradients, the optimisers."""
