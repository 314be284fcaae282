"""Take a trained network out of its run folder: as an ONNX file or a torch.export archive.

noonbit.export.graph           the network with its preparation and probabilities, as one module
noonbit.export.onnx_file       write it as a file
noonbit.export.onnx_model      read such a file, and answer with it, without PyTorch
noonbit.export.parity          whether it answers as the run does
"""
