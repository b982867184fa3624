/* consumer MODEL: the smallest user of an installed library. Runs y = x + x and prints which ONNX Runtime it got. */
#include <predictor_pool.h>

#include <stdio.h>
#include <stdlib.h>

static void check(PredictorStatus status, const char *call)
{
    char text[1024];

    if (status == PREDICTOR_OK)
        return;
    predictor_last_error_message(text, sizeof text);
    fprintf(stderr, "%s: %s: %s\n", call, predictor_status_name(status), text);
    exit(1);
}
#define CHECK(call) check((call), #call)

int main(int argc, char **argv)
{
    const int64_t dims[] = {1, 4};
    const float x[] = {1, -2, 0.5f, 8};
    float y[] = {0, 0, 0, 0};
    PredictorConfig *config;
    Predictor *predictor;
    PredictorTensor *input, *output;
    const char *version, *path;
    size_t i;

    if (argc != 2) {
        fprintf(stderr, "usage: %s MODEL\n", argv[0]);
        return 2;
    }
    CHECK(create_predictor_config(&config));
    CHECK(predictor_config_set_model(config, argv[1], NULL));
    CHECK(create_predictor(config, &predictor));
    destroy_predictor_config(config);

    CHECK(predictor_get_input_handle(predictor, "x", &input));
    CHECK(predictor_tensor_reshape(input, dims, 2));
    CHECK(predictor_tensor_copy_from_host(input, PREDICTOR_FLOAT32, x, sizeof x));
    CHECK(predictor_run(predictor));
    CHECK(predictor_get_output_handle(predictor, "y", &output));
    CHECK(predictor_tensor_copy_to_host(output, PREDICTOR_FLOAT32, y, sizeof y));
    for (i = 0; i < 4; i++) {
        if (y[i] != 2 * x[i]) {
            fprintf(stderr, "y[%d] is %g, expected %g\n", (int)i, y[i], 2 * x[i]);
            return 1;
        }
    }

    CHECK(predictor_runtime_version(&version));
    CHECK(predictor_runtime_path(&path));
    printf("predictor_pool %s, ONNX Runtime %s at %s\n", predictor_version(), version, path);
    destroy_predictor(predictor);
    return 0;
}
