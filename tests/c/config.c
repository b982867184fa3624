/* Configs: setters record, creating opens; and the ONNX Runtime that is found for it. */
#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *models;

static void a_runtime_that_is_not_there_can_be_looked_for_again(void)
{
    char path[MAXIMUM_PATH];
    const char *found = NULL, *version = NULL;

    FAILS(PREDICTOR_ERROR_RUNTIME_UNAVAILABLE, predictor_initialize_runtime("/nowhere/at/all.so"),
          "/nowhere/at/all.so");
    model_path(models, "not_a_model.bin", path);
    FAILS(PREDICTOR_ERROR_RUNTIME_UNAVAILABLE, predictor_initialize_runtime(path), path);
    OK(predictor_initialize_runtime(NULL));
    OK(predictor_initialize_runtime(""));
    OK(predictor_runtime_path(&found));
    OK(predictor_runtime_version(&version));
    CHECK(found[0] == '/' && strncmp(version, "1.", 2) == 0);
    OK(predictor_initialize_runtime(found));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_initialize_runtime("/nowhere/at/all.so"), found);
}

static void execution_providers_are_listed_and_cpu_is_one(void)
{
    size_t count = 0, cpus = 0;

    OK(predictor_provider_count(&count));
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL, *again = NULL;
        OK(predictor_provider_name(i, &name));
        OK(predictor_provider_name(i, &again));
        CHECK(name == again);
        cpus += strcmp(name, "cpu") == 0;
    }
    CHECK(cpus == 1);
}

static void files_are_opened_when_a_predictor_is_created(void)
{
    PredictorConfig *config = NULL;
    Predictor *predictor = NULL;
    char path[MAXIMUM_PATH];

    OK(create_predictor_config(&config));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, create_predictor(config, &predictor), "model");
    OK(predictor_config_set_model(config, "/nowhere/model.onnx", NULL));
    FAILS(PREDICTOR_ERROR_NOT_FOUND, create_predictor(config, &predictor), "/nowhere/model.onnx");
    OK(predictor_config_set_model(config, model_path(models, "add.onnx", path), "/nowhere/params"));
    FAILS(PREDICTOR_ERROR_NOT_FOUND, create_predictor(config, &predictor), "/nowhere/params");
    CHECK(predictor == NULL);
    OK(predictor_config_set_model(config, path, ""));
    OK(create_predictor(config, &predictor));
    destroy_predictor(predictor);

    OK(predictor_config_set_model(config, NULL, NULL));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, create_predictor(config, &predictor), "model");
    OK(predictor_config_set_model(config, path, NULL));
    OK(predictor_config_set_model(config, "", ""));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, create_predictor(config, &predictor), "model");
    destroy_predictor_config(config);
}

static void what_is_no_model_is_invalid_whatever_its_name(void)
{
    static const char *const names[] = {"not_a_model.bin", "empty.onnx", "truncated.onnx", "wrong_ir.onnx",
        "golden.py"};
    Predictor *predictor = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        PredictorConfig *config = config_for(models, names[i]);
        FAILS(PREDICTOR_ERROR_INVALID_MODEL, create_predictor(config, &predictor), names[i]);
        /* A failed load is not remembered. */
        FAILS(PREDICTOR_ERROR_INVALID_MODEL, create_predictor(config, &predictor), names[i]);
        destroy_predictor_config(config);
    }
    CHECK(predictor == NULL);
}

static void write_file(const char *path, const unsigned char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    CHECK(file != NULL);
    CHECK(fwrite(bytes, 1, length, file) == length);
    CHECK(fclose(file) == 0);
}

static void the_format_is_told_by_content_and_a_folder_stands_for_its_model(void)
{
    char folder[] = "/tmp/predictor_pool-config-XXXXXX";
    char path[MAXIMUM_PATH];
    size_t length;
    unsigned char *bytes = read_file(model_path(models, "add.onnx", path), &length);
    PredictorConfig *config = NULL;
    Predictor *predictor = NULL;

    CHECK(mkdtemp(folder) != NULL);
    OK(create_predictor_config(&config));

    OK(predictor_config_set_model(config, folder, NULL));
    FAILS(PREDICTOR_ERROR_NOT_FOUND, create_predictor(config, &predictor), folder);

    model_path(folder, "weights.txt", path);
    write_file(path, bytes, length);
    OK(predictor_config_set_model(config, path, NULL));
    OK(create_predictor(config, &predictor));
    run_add(predictor, 1);
    destroy_predictor(predictor);
    CHECK(remove(path) == 0);

    model_path(folder, "model.onnx", path);
    write_file(path, bytes, length);
    OK(predictor_config_set_model(config, folder, NULL));
    OK(create_predictor(config, &predictor));
    run_add(predictor, 2);
    destroy_predictor(predictor);
    CHECK(remove(path) == 0);

    CHECK(rmdir(folder) == 0);
    destroy_predictor_config(config);
    free(bytes);
}

static void a_model_in_memory_is_copied(void)
{
    char path[MAXIMUM_PATH];
    size_t length;
    unsigned char *bytes = read_file(model_path(models, "add.onnx", path), &length);
    PredictorConfig *config = NULL;
    Predictor *predictor = NULL;

    OK(create_predictor_config(&config));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_model_buffer(config, bytes, 0, NULL, 0),
          "model");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_model_buffer(config, NULL, 8, NULL, 0),
          "NULL");
    OK(predictor_config_set_model_buffer(config, bytes, length, NULL, 0));
    memset(bytes, 0, length);
    free(bytes);
    OK(create_predictor(config, &predictor));
    destroy_predictor_config(config);
    run_add(predictor, 3);
    destroy_predictor(predictor);
}

/* What a model with weights in another file computes from ones. */
static void run_external(const PredictorConfig *config, float *y)
{
    const int64_t dims[] = {1, 8};
    float x[] = {1, 1, 1, 1, 1, 1, 1, 1};
    Predictor *predictor = NULL;

    OK(create_predictor(config, &predictor));
    OK(predictor_tensor_reshape(input_of(predictor, "x"), dims, 2));
    OK(predictor_tensor_copy_from_host(input_of(predictor, "x"), PREDICTOR_FLOAT32, x, sizeof x));
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, 4 * sizeof *y));
    destroy_predictor(predictor);
}

static void params_stand_for_the_file_of_weights_beside_a_model(void)
{
    char model[MAXIMUM_PATH], params[MAXIMUM_PATH];
    size_t model_length, params_length;
    unsigned char *model_bytes = read_file(model_path(models, "external_data.onnx", model), &model_length);
    unsigned char *params_bytes = read_file(model_path(models, "external_data.bin", params), &params_length);
    float beside[4], named[4], in_memory[4], doubled[4];
    PredictorConfig *config = NULL;

    OK(create_predictor_config(&config));
    OK(predictor_config_set_model(config, model, NULL));
    run_external(config, beside);
    OK(predictor_config_set_model(config, model, params));
    run_external(config, named);
    OK(predictor_config_set_model_buffer(config, model_bytes, model_length, params_bytes, params_length));
    run_external(config, in_memory);
    CHECK(memcmp(beside, named, sizeof beside) == 0);
    CHECK(memcmp(beside, in_memory, sizeof beside) == 0);
    CHECK(beside[0] != 0);

    /* Other weights under the same model give other results. */
    for (size_t i = 0; i + sizeof(float) <= params_length; i += sizeof(float)) {
        float weight;
        memcpy(&weight, params_bytes + i, sizeof weight);
        weight *= 2;
        memcpy(params_bytes + i, &weight, sizeof weight);
    }
    OK(predictor_config_set_model_buffer(config, model_bytes, model_length, params_bytes, params_length));
    run_external(config, doubled);
    for (size_t i = 0; i < 4; i++)
        CHECK(doubled[i] != beside[i]);

    destroy_predictor_config(config);
    free(model_bytes);
    free(params_bytes);
}

static void a_config_can_be_used_again_changed_and_destroyed(void)
{
    PredictorConfig *config = config_for(models, "add.onnx");
    Predictor *first = NULL, *second = NULL, *other = NULL;
    char path[MAXIMUM_PATH];
    const char *name = NULL;

    OK(create_predictor(config, &first));
    OK(create_predictor(config, &second));
    OK(predictor_config_set_model(config, model_path(models, "sum_two.onnx", path), NULL));
    OK(create_predictor(config, &other));
    destroy_predictor_config(config);
    CHECK(first != second);
    run_add(first, 1);
    run_add(second, 2);
    OK(predictor_input_name(other, 1, &name));
    CHECK(strcmp(name, "b") == 0);
    destroy_predictor(first);
    destroy_predictor(second);
    destroy_predictor(other);
}

static void numbers_and_options_out_of_range_are_refused_and_change_nothing(void)
{
    PredictorConfig *config = config_for(models, "add.onnx");
    Predictor *predictor = NULL;

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_intra_op_threads(config, -1), "-1");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_inter_op_threads(config, -7), "-7");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_optimization_level(config, 4), "4");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_option(config, "spining", "0"), "spinning");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_option(config, "spinning", "maybe"),
          "maybe");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_option(config, "warmup_runs", "-1"), "-1");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_set_option(config, "precision", NULL), "NULL");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_append_execution_provider(config, "", NULL),
          "provider");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_config_append_execution_provider(config, "cpu",
          "{1}"), "JSON");
    OK(create_predictor(config, &predictor));
    run_add(predictor, 1);
    destroy_predictor(predictor);
    destroy_predictor_config(config);
}

static void every_key_is_known(void)
{
    static const char *const options[][2] = {
        {"precision", "fp32"},        {"share_model", "0"},           {"execution_mode", "parallel"},
        {"enable_cpu_arena", "0"},    {"enable_memory_pattern", "0"}, {"spinning", "0"},
        {"free_dimension:batch", "1"}, {"profile_path", ""},          {"optimized_model_path", ""},
        {"optimized_model_cache", ""}, {"custom_op_library", ""},     {"warmup_runs", "1"},
        {"pool_max_waiting", "1"},    {"tune_file", ""},              {"session.intra_op.allow_spinning",
            "0"},
    };
    PredictorConfig *config = config_for(models, "add_batch.onnx");
    Predictor *predictor = NULL;

    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        OK(predictor_config_set_option(config, options[i][0], options[i][1]));
    OK(predictor_config_set_intra_op_threads(config, 1));
    OK(predictor_config_set_inter_op_threads(config, 1));
    OK(create_predictor(config, &predictor));
    run_add(predictor, 1);
    destroy_predictor(predictor);
    destroy_predictor_config(config);
}

static void every_optimisation_level_computes_the_same(void)
{
    for (int32_t level = 0; level <= 3; level++) {
        PredictorConfig *config = config_for(models, "add.onnx");
        Predictor *predictor = NULL;
        OK(predictor_config_set_optimization_level(config, level));
        OK(create_predictor(config, &predictor));
        run_add(predictor, 1);
        destroy_predictor(predictor);
        destroy_predictor_config(config);
    }
}

static void a_free_dimension_can_be_fixed(void)
{
    PredictorConfig *config = config_for(models, "add_batch.onnx");
    Predictor *predictor = NULL;
    const int64_t three[] = {3, 4};
    int64_t dims[2] = {0, 0};
    size_t rank = 0;

    OK(predictor_config_set_option(config, "free_dimension:batch", "2"));
    OK(create_predictor(config, &predictor));
    OK(predictor_tensor_declared_shape(input_of(predictor, "x"), dims, 2, &rank));
    CHECK(rank == 2 && dims[0] == 2 && dims[1] == 4);
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_reshape(input_of(predictor, "x"), three, 2),
          "[2,4]");
    destroy_predictor(predictor);
    destroy_predictor_config(config);
}

static void an_execution_provider_that_is_not_there_is_told_with_those_that_are(void)
{
    PredictorConfig *config = config_for(models, "add.onnx");
    Predictor *predictor = NULL;
    char text[TEXT_ROOM];

    OK(predictor_config_append_execution_provider(config, "CPUExecutionProvider", "{}"));
    OK(create_predictor(config, &predictor));
    run_add(predictor, 1);
    destroy_predictor(predictor);
    predictor = NULL;
    OK(predictor_config_append_execution_provider(config, "abacus", "{\"beads\":\"10\"}"));
    FAILS(PREDICTOR_ERROR_UNSUPPORTED, create_predictor(config, &predictor), "abacus");
    CHECK(strstr(error_text(text), "cpu") != NULL && predictor == NULL);
    destroy_predictor_config(config);
}

static void warm_up_runs_leave_nothing_behind(void)
{
    PredictorConfig *config = config_for(models, "add_batch.onnx");
    Predictor *predictor = NULL;
    size_t rank = 0;

    OK(predictor_config_set_option(config, "warmup_runs", "3"));
    OK(create_predictor(config, &predictor));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_shape(output_of(predictor, "y"), NULL, 0,
          &rank), "run");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_shape(input_of(predictor, "x"), NULL, 0, &rank),
          "x");
    run_add(predictor, 1);
    destroy_predictor(predictor);
    destroy_predictor_config(config);
}

static void an_operator_that_nobody_knows_is_unsupported(void)
{
    PredictorConfig *config = config_for(models, "unknown_op.onnx");
    Predictor *predictor = NULL;

    FAILS(PREDICTOR_ERROR_UNSUPPORTED, create_predictor(config, &predictor), "Nonexistent");
    CHECK(predictor == NULL);
    destroy_predictor_config(config);
}

int main(int argc, char **argv)
{
    models = models_folder(argc, argv);
    a_runtime_that_is_not_there_can_be_looked_for_again();
    execution_providers_are_listed_and_cpu_is_one();
    files_are_opened_when_a_predictor_is_created();
    what_is_no_model_is_invalid_whatever_its_name();
    the_format_is_told_by_content_and_a_folder_stands_for_its_model();
    a_model_in_memory_is_copied();
    params_stand_for_the_file_of_weights_beside_a_model();
    a_config_can_be_used_again_changed_and_destroyed();
    numbers_and_options_out_of_range_are_refused_and_change_nothing();
    every_key_is_known();
    every_optimisation_level_computes_the_same();
    a_free_dimension_can_be_fixed();
    an_execution_provider_that_is_not_there_is_told_with_those_that_are();
    warm_up_runs_leave_nothing_behind();
    an_operator_that_nobody_knows_is_unsupported();
    return finish();
}
