/// What the tests share: models of tests/models, and what a failure must look like.
#ifndef TESTS_SUPPORT_HPP
#define TESTS_SUPPORT_HPP

#include <gtest/gtest.h>

#include <predictor_pool.hpp>

#include <string>
#include <vector>

/// The folder tests/models; main takes it from the command line.
extern std::string models_folder;

inline std::string model_path(const std::string &name)
{
    return models_folder + "/" + name;
}

inline predictor_pool::Predictor predictor_for(const std::string &name)
{
    return predictor_pool::Predictor(predictor_pool::Config(model_path(name)));
}

/// The call throws an Error of this kind, with one line of text that contains `words`.
template <typename Call>
void expect_error(predictor_pool::Status status, const std::string &words, Call call)
{
    try {
        call();
    } catch (const predictor_pool::Error &error) {
        EXPECT_EQ(predictor_pool::status_name(error.code()), predictor_pool::status_name(status)) << error.what();
        const std::string text = error.what();
        EXPECT_NE(text.find(words), std::string::npos) << "\"" << text << "\" lacks \"" << words << "\"";
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        EXPECT_FALSE(text.empty());
        return;
    }
    ADD_FAILURE() << "expected " << predictor_pool::status_name(status) << " with \"" << words << "\", got no error";
}

/// y = x + x, computed by hand.
inline std::vector<float> doubled(const std::vector<float> &x)
{
    std::vector<float> y;
    for (const float value : x)
        y.push_back(value + value);
    return y;
}

/// Runs add.onnx or add_batch.onnx on rows of four numbers and finds the result right.
inline void run_add(predictor_pool::Predictor &predictor, std::size_t rows, float first)
{
    std::vector<float> x(rows * 4);
    for (std::size_t index = 0; index < x.size(); index++)
        x[index] = first + static_cast<float>(index);
    auto input = predictor.get_input_handle("x");
    input.reshape({static_cast<std::int64_t>(rows), 4});
    input.copy_from_host(x);
    predictor.run();
    const auto output = predictor.get_output_handle("y");
    EXPECT_EQ(output.shape(), (std::vector<std::int64_t>{static_cast<std::int64_t>(rows), 4}));
    EXPECT_EQ(output.copy_to_host<float>(), doubled(x));
}

#endif
