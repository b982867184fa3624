/* predictor_pool through its C ABI: clones of one predictor. Options: provider, precision, placement=1 (to stderr). */
#include "load.hpp"

#include <predictor_pool.h>

#include <cstring>

namespace c = predictor_pool::c;

static void check(c::PredictorStatus status)
{
    if (status == c::PREDICTOR_OK)
        return;
    char text[1024];
    c::predictor_last_error_message(text, sizeof text);
    peers::fail(std::string(c::predictor_status_name(status)) + ": " + text);
}

class Clone : public peers::Caller {
public:
    explicit Clone(c::Predictor *predictor) : predictor_(predictor)
    {
        const char *name = nullptr;
        check(c::predictor_input_name(predictor, 0, &name));
        check(c::predictor_get_input_handle(predictor, name, &input_));
        check(c::predictor_output_name(predictor, 0, &name));
        check(c::predictor_get_output_handle(predictor, name, &output_));
    }

    void run(const peers::Sample &sample, std::vector<float> &output) override
    {
        check(c::predictor_tensor_reshape(input_, sample.dims.data(), sample.dims.size()));
        check(c::predictor_tensor_copy_from_host(input_, sample.is_float() ? c::PREDICTOR_FLOAT32 : c::PREDICTOR_INT64,
                                                 sample.data.data(), sample.data.size()));
        check(c::predictor_run(predictor_));
        std::size_t bytes = 0;
        check(c::predictor_tensor_byte_length(output_, &bytes));
        output.resize(bytes / sizeof(float));
        check(c::predictor_tensor_copy_to_host(output_, c::PREDICTOR_FLOAT32, output.data(), bytes));
    }

private:
    c::Predictor *predictor_;
    c::PredictorTensor *input_ = nullptr;
    c::PredictorTensor *output_ = nullptr;
};

/* ONNX Runtime's own words for where nodes went. */
static void print_placement(void *, int32_t, const char *, const char *message)
{
    if (std::strstr(message, "placed on [") != nullptr)
        std::fprintf(stderr, "%s\n", message);
}

static peers::Callers load(const peers::Arguments &arguments)
{
    c::PredictorConfig *config = nullptr;
    check(c::create_predictor_config(&config));
    check(c::predictor_config_set_model(config, arguments.model.c_str(), nullptr));
    if (std::string provider = arguments.option("provider"); !provider.empty())
        check(c::predictor_config_append_execution_provider(config, provider.c_str(), nullptr));
    if (std::string precision = arguments.option("precision"); !precision.empty())
        check(c::predictor_config_set_option(config, "precision", precision.c_str()));
    if (!arguments.option("placement").empty())
        check(c::predictor_set_log_callback(print_placement, nullptr, 0));

    c::Predictor *predictor = nullptr;
    check(c::create_predictor(config, &predictor));
    peers::Callers callers;
    callers.push_back(std::make_unique<Clone>(predictor));
    while (callers.size() < arguments.threads) {
        c::Predictor *clone = nullptr;
        check(c::clone_predictor(predictor, &clone));
        callers.push_back(std::make_unique<Clone>(clone));
    }
    c::destroy_predictor_config(config);
    return callers;
}

int main(int argc, char **argv) { return peers::run_load(argc, argv, load); }
