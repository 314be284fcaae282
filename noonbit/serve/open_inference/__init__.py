"""The Open Inference Protocol, version 2, over HTTP.

Triton, KServe, MLServer and Seldon speak it, so their clients ask this server unchanged.
Specification: github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md;
the extensions for binary tensors and classification: NVIDIA Triton, docs/protocol.
"""
