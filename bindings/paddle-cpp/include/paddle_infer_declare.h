// Paddle's C++ API over predictor_pool: how its classes are exported.
#pragma once

#define PD_INFER_DECL __attribute__((visibility("default")))
