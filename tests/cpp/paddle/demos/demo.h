// What the programs here have in common: arguments in, numbers out. Each is written as Paddle's users write theirs, and
// runs on Paddle itself too (scripts/compare-with-paddle.sh), whose numbers lie in ../expected.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "paddle_inference_api.h"

/// program MODEL PARAMS
inline void set_model(paddle_infer::Config *config, char **argv)
{
    const std::string model = argv[1];
    config->SetModel(model, argv[2]);
    if (model.size() > 5 && model.substr(model.size() - 5) == ".json") {
        config->EnableNewExecutor(true);
        config->EnableNewIR(true);
    }
}

inline size_t count_of(const std::vector<int> &shape)
{
    size_t count = 1;
    for (int size : shape)
        count *= static_cast<size_t>(size);
    return count;
}

/// The same numbers everywhere, between 0 and 1.
inline std::vector<float> numbers(size_t count, int seed)
{
    std::vector<float> data(count);
    for (size_t i = 0; i < count; i++)
        data[i] = static_cast<float>((i * 37 + static_cast<size_t>(seed) * 101) % 255) / 255.F;
    return data;
}

template <typename T>
void print(const std::string &label, const std::vector<int> &shape, const std::vector<T> &data)
{
    std::printf("%s [", label.c_str());
    for (int size : shape)
        std::printf(" %d", size);
    std::printf(" ]");
    for (T value : data)
        std::printf(" %.7g", static_cast<double>(value));
    std::printf("\n");
}
