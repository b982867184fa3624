// The execution providers of the ONNX Runtime in use.
#pragma once

#include <string>

namespace paddle_infer {

/// Loads ONNX Runtime if need be; one that cannot be loaded has none.
bool has_provider(const std::string &name);

/// Their names, for messages: "cpu, openvino", or why there are none.
std::string provider_list();

} // namespace paddle_infer
