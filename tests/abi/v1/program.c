/*
 * program MODELS: a user of version 1 of the ABI, compiled against the header of its first release.
 *
 * Frozen together with that header. It calls every function there was, each for its main purpose.
 */
#include "predictor_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) check((condition), #condition, __LINE__)
#define OK(call) CHECK((call) == PREDICTOR_OK)

static void check(int is_right, const char *what, int line)
{
    char text[512];

    if (is_right)
        return;
    predictor_last_error_message(text, sizeof text);
    fprintf(stderr, "program.c:%d: %s: %s\n", line, what, text);
    exit(1);
}

static int log_lines = 0;

static void count_log_line(void *user_data, int32_t severity, const char *category, const char *message)
{
    (void)severity;
    (void)category;
    (void)message;
    ++*(int *)user_data;
}

static PredictorConfig *config_of(const char *models, const char *name)
{
    char path[4096];
    PredictorConfig *config = NULL;

    snprintf(path, sizeof path, "%s/%s", models, name);
    OK(create_predictor_config(&config));
    OK(predictor_config_set_model(config, path, NULL));
    return config;
}

static void test_library(void)
{
    const char *text = NULL;
    size_t count = 0;

    CHECK(predictor_abi_v1 == 1);
    CHECK(predictor_abi_version() == 1);
    CHECK(predictor_abi_revision() >= 1);
    CHECK(strlen(predictor_version()) > 0);
    OK(predictor_set_log_callback(count_log_line, &log_lines, 4));
    OK(predictor_initialize_runtime(NULL));
    OK(predictor_runtime_version(&text));
    CHECK(strncmp(text, "1.", 2) == 0);
    OK(predictor_runtime_path(&text));
    CHECK(strlen(text) > 0);
    OK(predictor_provider_count(&count));
    CHECK(count >= 1);
    OK(predictor_provider_name(count - 1, &text));
    CHECK(strcmp(text, "cpu") == 0);
    CHECK(strcmp(predictor_status_name(PREDICTOR_ERROR_BUSY), "PREDICTOR_ERROR_BUSY") == 0);
}

static void test_config(const char *models)
{
    char path[4096];
    char bytes[4096];
    size_t length;
    FILE *file;
    PredictorConfig *config = NULL;
    Predictor *predictor = NULL;

    snprintf(path, sizeof path, "%s/add.onnx", models);
    file = fopen(path, "rb");
    CHECK(file != NULL);
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);

    OK(create_predictor_config(&config));
    OK(predictor_config_set_model_buffer(config, bytes, length, NULL, 0));
    OK(predictor_config_set_intra_op_threads(config, 1));
    OK(predictor_config_set_inter_op_threads(config, 1));
    OK(predictor_config_append_execution_provider(config, "cpu", NULL));
    OK(predictor_config_set_optimization_level(config, 3));
    OK(predictor_config_set_option(config, "spinning", "0"));
    OK(create_predictor(config, &predictor));
    destroy_predictor(predictor);
    destroy_predictor_config(config);
}

static void test_run(Predictor *predictor)
{
    const int64_t shape[] = {2, 4};
    const float x[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    float shared[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    float y[8] = {0};
    int64_t dims[2] = {0};
    size_t rank = 0, length = 0, count = 0;
    int32_t data_type = 0;
    uint64_t released = 0;
    const char *name = NULL;
    void *data = NULL;
    PredictorTensor *input = NULL, *output = NULL;

    OK(predictor_input_count(predictor, &count));
    CHECK(count == 1);
    OK(predictor_output_count(predictor, &count));
    CHECK(count == 1);
    OK(predictor_input_name(predictor, 0, &name));
    OK(predictor_get_input_handle(predictor, name, &input));
    OK(predictor_output_name(predictor, 0, &name));
    OK(predictor_get_output_handle(predictor, name, &output));

    OK(predictor_tensor_name(input, &name));
    CHECK(strcmp(name, "x") == 0);
    OK(predictor_tensor_data_type(input, &data_type));
    CHECK(data_type == PREDICTOR_FLOAT32);
    OK(predictor_tensor_declared_shape(input, dims, 2, &rank));
    CHECK(rank == 2 && dims[0] == -1 && dims[1] == 4);
    OK(predictor_tensor_dimension_name(input, 0, &name));
    CHECK(strcmp(name, "batch") == 0);

    OK(predictor_tensor_reshape(input, shape, 2));
    OK(predictor_tensor_copy_from_host(input, PREDICTOR_FLOAT32, x, sizeof x));
    OK(predictor_run(predictor));
    OK(predictor_tensor_shape(output, dims, 2, &rank));
    CHECK(rank == 2 && dims[0] == 2 && dims[1] == 4);
    OK(predictor_tensor_byte_length(output, &length));
    CHECK(length == sizeof y);
    OK(predictor_tensor_copy_to_host(output, PREDICTOR_FLOAT32, y, sizeof y));
    CHECK(y[0] == 2 && y[7] == 16);

    OK(predictor_tensor_share_external_data(input, PREDICTOR_FLOAT32, shared, sizeof shared, shape, 2));
    OK(predictor_run_with_timeout(predictor, 60000));
    OK(predictor_tensor_data(output, &data, &length));
    CHECK(length == sizeof y);
    memcpy(y, data, length);
    CHECK(y[0] == 16 && y[7] == 2);
    OK(predictor_tensor_reshape(input, shape, 2));

    CHECK(predictor_cancel(predictor) == PREDICTOR_ERROR_NOT_FOUND);
    OK(predictor_shrink_memory(predictor, &released));
}

static void test_run_with(const Predictor *predictor)
{
    float x[4] = {1, 2, 3, 4};
    float y[4] = {0};
    int64_t x_dims[2] = {1, 4};
    int64_t y_dims[2] = {0};
    PredictorTensorView input, output;

    input.name = "x";
    input.data = x;
    input.byte_length = sizeof x;
    input.dims = x_dims;
    input.rank = 2;
    input.data_type = PREDICTOR_FLOAT32;
    output.name = "y";
    output.data = y;
    output.byte_length = sizeof y;
    output.dims = y_dims;
    output.rank = 2;
    output.data_type = 0;
    OK(predictor_run_with(predictor, &input, 1, &output, 1));
    CHECK(output.byte_length == sizeof y && output.rank == 2 && output.data_type == PREDICTOR_FLOAT32);
    CHECK(y_dims[0] == 1 && y_dims[1] == 4 && y[3] == 8);
}

static void test_strings(const char *models)
{
    const char *words[] = {"one", "two"};
    const size_t lengths[] = {3, 2};
    const int64_t shape[] = {2};
    char text[8];
    size_t length = 0;
    PredictorConfig *config = config_of(models, "identity_string.onnx");
    Predictor *predictor = NULL;
    PredictorTensor *input = NULL, *output = NULL;

    OK(create_predictor(config, &predictor));
    OK(predictor_get_input_handle(predictor, "x", &input));
    OK(predictor_get_output_handle(predictor, "y", &output));
    OK(predictor_tensor_reshape(input, shape, 1));
    OK(predictor_tensor_copy_strings_from_host(input, words, lengths, 2));
    OK(predictor_run(predictor));
    OK(predictor_tensor_string_length(output, 1, &length));
    CHECK(length == 2);
    OK(predictor_tensor_copy_string_to_host(output, 1, text, sizeof text));
    CHECK(strcmp(text, "tw") == 0);
    destroy_predictor(predictor);
    destroy_predictor_config(config);
}

static void test_pool(const PredictorConfig *config)
{
    size_t size = 0;
    PredictorPoolStats stats;
    PredictorPool *pool = NULL;
    Predictor *member = NULL, *lease = NULL;

    OK(create_predictor_pool(config, 2, &pool));
    OK(predictor_pool_size(pool, &size));
    CHECK(size == 2);
    OK(predictor_pool_retrieve(pool, 0, &member));
    test_run(member);
    OK(predictor_pool_acquire(pool, -1, &lease));
    test_run(lease);
    OK(predictor_pool_stats(pool, &stats, sizeof stats));
    CHECK(stats.size == 2 && stats.in_use == 1 && stats.waiting == 0 && stats.acquired_total == 1);
    CHECK(stats.timeouts_total == 0 && stats.runs_total == 4 && stats.failures_total == 0);
    CHECK(stats.run_ns_total > 0);
    OK(predictor_pool_release(pool, lease));
    destroy_predictor_pool(pool);
}

int main(int argc, char **argv)
{
    PredictorConfig *config;
    Predictor *predictor = NULL, *clone = NULL;

    if (argc != 2) {
        fprintf(stderr, "usage: %s MODELS\n", argv[0]);
        return 2;
    }
    test_library();
    test_config(argv[1]);
    test_strings(argv[1]);

    config = config_of(argv[1], "add_batch.onnx");
    test_pool(config);
    OK(create_predictor(config, &predictor));
    OK(clone_predictor(predictor, &clone));
    destroy_predictor(predictor);
    test_run(clone);
    test_run_with(clone);
    CHECK(predictor_live_handles() == 2);
    destroy_predictor(clone);
    destroy_predictor_config(config);
    CHECK(predictor_live_handles() == 0);
    puts("version 1 works");
    return 0;
}
