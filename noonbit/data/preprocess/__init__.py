"""How raw inputs become the values that networks take, one class for each kind of input.

base        what every kind has to say of itself
images      -> uint8 (channels, height, width)
text        -> the numbers of the words, int32 (length,)
boards      -> the planes of a position, uint8 (planes, height, width)
registry    the kinds by name
contract    a preprocessor, the statistics and the class names, stored with the weights
transform   all inputs of a data set, kept in the cache
"""
