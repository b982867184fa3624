// From a Config to a loaded model.
#pragma once

#include "config_state.h"
#include "error.h"

namespace paddle_infer {

/// A predictor, owned by the caller, as the config asks for it. Throws what CreatePredictor throws.
c::Predictor *create_predictor(const paddle::AnalysisConfig::State &state);

} // namespace paddle_infer
