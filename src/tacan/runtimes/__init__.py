"""Networks in files of other runtimes: ONNX and OpenVINO."""
