"""Why a network answers as it does.

    picture.py     the regions of a picture that decided, and the training pictures like it
    grad_cam.py    regions by the gradient at the last convolution
    occlusion.py   regions by covering them one after the other
    nearest.py     the training items that look most alike to the network
    layer_maps.py  what each layer computes from one item, with gradients
    ngrams.py      the words of a sentence that decided
    sentence.py    ... with the answer that they explain
    position.py    the stones of a position of Go that decided
    regions.py     a map in words: "most of it in the upper left"
    drawing.py     an explanation as one picture

What is explained is one answer of one network; `noonbit.runs.explain` finds both.
"""
