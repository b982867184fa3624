/// predictor_pool for C++17 and later: one model, many threads, one copy of the weights.
///
/// Header-only over the C ABI of predictor_pool.h; programs link libpredictor_pool.so and nothing else. The C names stand
/// in namespace predictor_pool::c.
///
///     predictor_pool::PredictorPool pool(predictor_pool::Config("model.onnx"), 4);
///     auto predictor = pool.acquire();                       // on any thread; given back at the end of the scope
///     auto image = predictor->get_input_handle("image");
///     image.reshape({1, 3, 224, 224});
///     image.copy_from_host(pixels);                          // std::vector<float>, std::array, std::span, ...
///     predictor->run();
///     auto scores = predictor->get_output_handle("scores").copy_to_host<float>();
///
/// Ownership. Config, Predictor, PredictorPool and PooledPredictor own what they stand for and give it back when they are
/// destroyed; they move and do not copy. TensorHandle, and the Predictor that PredictorPool::retrieve returns, are borrowed:
/// what they stand for ends with the predictor or the pool it came from. Using an object after that, or after it was moved
/// from, is an Error with Status::InvalidHandle and never a crash. The library copies what it is given, except in
/// TensorHandle::share_external_data and Predictor::run_with, where the caller keeps the memory alive.
///
/// Threads. Objects may be created, used and destroyed on any thread. Functions of a const Predictor and of a const
/// PredictorPool may be called by any number of threads at once. The others are for one thread at a time per predictor:
/// beside another thread's call on the predictor or one of its tensors they throw Status::Busy and change nothing. Moving or
/// destroying an object while another thread uses that same object is a data race, as for any C++ object.
///
/// Errors. What fails throws Error, with a Status and one line of text; nothing is changed then. Allocations of this header
/// may throw std::bad_alloc. Destructors do not throw.
///
/// Shapes are in elements, row-major; sizes are in elements unless a name says bytes; text is UTF-8.
#ifndef PREDICTOR_POOL_HPP
#define PREDICTOR_POOL_HPP

#include "predictor_pool/arguments.hpp"
#include "predictor_pool/config.hpp"
#include "predictor_pool/data_type.hpp"
#include "predictor_pool/error.hpp"
#include "predictor_pool/library.hpp"
#include "predictor_pool/pool.hpp"
#include "predictor_pool/predictor.hpp"
#include "predictor_pool/stateless.hpp"
#include "predictor_pool/tensor.hpp"

#endif
