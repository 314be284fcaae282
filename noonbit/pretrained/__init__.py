"""What others learned: published weights, the features that they give, and a head on top.

find_pretrained("efficientnet-lite0")      the network with its weights, and where they are from
extract_features(items, network, runtime)  float32 (N, features), cached
fit_head(features, labels, ...)            a logistic regression, in seconds
"""
