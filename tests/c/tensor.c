/* Tensors: shapes, element types, copies, shared memory, strings. */
#include "check.h"

#include <stdint.h>

static const char *models;

static void every_element_type_goes_in_and_comes_out(void)
{
    static const struct {
        const char *name;
        int32_t type;
        size_t size;
    } types[] = {
        {"float32", PREDICTOR_FLOAT32, 4}, {"uint8", PREDICTOR_UINT8, 1},       {"int8", PREDICTOR_INT8, 1},
        {"uint16", PREDICTOR_UINT16, 2},   {"int16", PREDICTOR_INT16, 2},       {"int32", PREDICTOR_INT32, 4},
        {"int64", PREDICTOR_INT64, 8},     {"bool", PREDICTOR_BOOL, 1},         {"float16",
            PREDICTOR_FLOAT16, 2},
        {"float64", PREDICTOR_FLOAT64, 8}, {"uint32", PREDICTOR_UINT32, 4},     {"uint64",
            PREDICTOR_UINT64, 8},
        {"bfloat16", PREDICTOR_BFLOAT16, 2},
    };
    const int64_t dims[] = {3};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char model[64];
        unsigned char x[24], y[24];
        int32_t type = 0;
        size_t length = types[i].size * 3, other = 0;
        Predictor *predictor;
        PredictorTensor *input, *output;

        snprintf(model, sizeof model, "identity_%s.onnx", types[i].name);
        predictor = predictor_for(models, model);
        input = input_of(predictor, "x");
        output = output_of(predictor, "y");
        for (size_t byte = 0; byte < length; byte++)
            x[byte] = types[i].type == PREDICTOR_BOOL ? byte % 2 : (unsigned char)(byte * 5 + 1);
        OK(predictor_tensor_data_type(input, &type));
        CHECK(type == types[i].type);
        OK(predictor_tensor_data_type(output, &type));
        CHECK(type == types[i].type);
        OK(predictor_tensor_reshape(input, dims, 1));
        OK(predictor_tensor_copy_from_host(input, type, x, length));
        OK(predictor_run(predictor));
        OK(predictor_tensor_byte_length(output, &other));
        CHECK(other == length);
        memset(y, 0, sizeof y);
        OK(predictor_tensor_copy_to_host(output, type, y, length));
        CHECK(memcmp(x, y, length) == 0);
        /* All other types are refused, before the length is looked at. */
        for (size_t j = 0; j < sizeof types / sizeof *types; j++) {
            if (j == i)
                continue;
            FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_copy_from_host(input, types[j].type, x,
                  1), types[j].name);
            FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_copy_to_host(output, types[j].type, y,
                  1), types[i].name);
        }
        destroy_predictor(predictor);
    }
}

static void a_scalar_has_rank_0(void)
{
    Predictor *predictor = predictor_for(models, "scalar.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    float value = 21;
    size_t rank = 7;

    OK(predictor_tensor_declared_shape(x, NULL, 0, &rank));
    CHECK(rank == 0);
    OK(predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, &value, sizeof value));
    OK(predictor_tensor_reshape(x, NULL, 0));
    OK(predictor_run(predictor));
    rank = 7;
    OK(predictor_tensor_shape(y, NULL, 0, &rank));
    CHECK(rank == 0);
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, &value, sizeof value));
    CHECK(value == 42);
    destroy_predictor(predictor);
}

static void a_static_shape_needs_no_reshape_and_a_free_one_does(void)
{
    Predictor *fixed = predictor_for(models, "add.onnx"), *open = predictor_for(models, "add_batch.onnx");
    PredictorTensor *x = input_of(open, "x");
    const float values[] = {1, 2, 3, 4};
    int64_t dims[2] = {0, 0};
    size_t rank = 0, length = 0;
    void *data = NULL;

    OK(predictor_tensor_shape(input_of(fixed, "x"), dims, 2, &rank));
    CHECK(rank == 2 && dims[0] == 1 && dims[1] == 4);
    OK(predictor_tensor_copy_from_host(input_of(fixed, "x"), PREDICTOR_FLOAT32, values, sizeof values));
    OK(predictor_run(fixed));

    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, values,
          sizeof values), "float32[-1,4]");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_shape(x, NULL, 0, &rank), "\"x\"");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_byte_length(x, &length), "\"x\"");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_data(x, &data, &length), "\"x\"");
    destroy_predictor(fixed);
    destroy_predictor(open);
}

static void a_shape_that_the_model_does_not_take_is_refused_and_changes_nothing(void)
{
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    const int64_t flat[] = {4}, narrow[] = {1, 3}, negative[] = {-1, 4}, deep[] = {1, 1, 4};
    const int64_t endless[] = {INT64_MAX, 4}, large[] = {INT64_MAX / 8, 4}, good[] = {1, 4};
    float values[4];

    run_add(predictor, 5);
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_reshape(x, flat, 1),
          "expected float32[-1,4], got [4]");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_reshape(x, narrow, 2), "[1,3]");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_reshape(x, negative, 2), "[-1,4]");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_reshape(x, deep, 3), "[1,1,4]");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_reshape(x, NULL, 0), "[]");
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_reshape(x, endless, 2), "\"x\"");
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_reshape(x, large, 2), "\"x\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_reshape(y, good, 2), "\"y\"");
    /* The output of the run before is still there. */
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values, sizeof values));
    CHECK(values[0] == 10);
    destroy_predictor(predictor);
}

static void a_length_that_does_not_fit_is_told_in_bytes(void)
{
    Predictor *predictor = predictor_for(models, "add.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    float values[5] = {0};

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, values,
          15), "expected 16 bytes");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, values,
          20), "20 bytes");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, NULL,
          16), "NULL");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_from_host(y, PREDICTOR_FLOAT32, values,
          16), "\"y\"");
    run_add(predictor, 1);
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values,
          12), "expected 16 bytes");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values,
          20), "20 bytes");
    CHECK(values[0] == 0 && values[4] == 0);
    destroy_predictor(predictor);
}

static void declared_shapes_and_the_names_of_free_dimensions_can_be_asked(void)
{
    Predictor *named = predictor_for(models, "add_two_free.onnx");
    Predictor *unnamed = predictor_for(models, "add_unnamed.onnx");
    PredictorTensor *x = input_of(named, "x");
    int64_t dims[3] = {7, 7, 7};
    size_t rank = 0;
    const char *name = NULL;

    OK(predictor_tensor_declared_shape(x, dims, 3, &rank));
    CHECK(rank == 2 && dims[0] == -1 && dims[1] == -1 && dims[2] == 7);
    rank = 0;
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_declared_shape(x, dims + 2, 1, &rank),
          "2 dimensions");
    CHECK(rank == 2 && dims[2] == 7);
    rank = 0;
    OK(predictor_tensor_declared_shape(x, dims + 2, 0, &rank));
    CHECK(rank == 2 && dims[2] == 7);
    OK(predictor_tensor_dimension_name(x, 0, &name));
    CHECK(strcmp(name, "batch") == 0);
    OK(predictor_tensor_dimension_name(x, 1, &name));
    CHECK(strcmp(name, "width") == 0);
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_dimension_name(x, 2, &name), "2");
    OK(predictor_tensor_dimension_name(input_of(unnamed, "x"), 0, &name));
    CHECK(strcmp(name, "") == 0);
    destroy_predictor(named);
    destroy_predictor(unnamed);
}

static void names_may_be_of_any_script(void)
{
    Predictor *predictor = predictor_for(models, "unicode_names.onnx");
    PredictorTensor *tensor = input_of(predictor, "donn\xc3\xa9" "es");
    const char *name = NULL;

    OK(predictor_tensor_name(tensor, &name));
    CHECK(strcmp(name, "donn\xc3\xa9" "es") == 0);
    FAILS(PREDICTOR_ERROR_NOT_FOUND, predictor_get_input_handle(predictor, "donnees", &tensor),
          "donn\xc3\xa9" "es");
    OK(predictor_output_name(predictor, 0, &name));
    CHECK(output_of(predictor, name) != NULL);
    destroy_predictor(predictor);
}

static void inputs_persist_and_outputs_end_with_a_reshape(void)
{
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    const int64_t two[] = {2, 4}, one[] = {1, 4};
    float values[8] = {0};
    size_t length = 0, rank = 0;
    void *data = NULL;

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_shape(y, NULL, 0, &rank), "\"y\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_byte_length(y, &length), "\"y\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values,
          16), "\"y\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_data(y, &data, &length), "\"y\"");
    run_add(predictor, 3);
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(x, PREDICTOR_FLOAT32, values, 16));
    CHECK(values[0] == 3 && values[3] == 8);
    OK(predictor_tensor_reshape(x, one, 2));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values,
          16), "reshape");
    /* As many elements as before: the data stays. */
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values, 16));
    CHECK(values[0] == 6);
    /* Another number: it does not. */
    OK(predictor_tensor_reshape(x, two, 2));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run(predictor), "\"x\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(x, PREDICTOR_FLOAT32, values,
          32), "\"x\"");
    destroy_predictor(predictor);
}

static void an_output_has_the_shape_that_its_data_has(void)
{
    Predictor *predictor = predictor_for(models, "nonzero.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    const int64_t dims[] = {4};
    const float some[] = {0, 5, 0, 6}, none[] = {0, 0, 0, 0};
    int64_t shape[2], found[2], unset = 7;
    size_t rank = 0, length = 7;

    OK(predictor_tensor_reshape(x, dims, 1));
    OK(predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, some, sizeof some));
    OK(predictor_run(predictor));
    OK(predictor_tensor_shape(y, shape, 2, &rank));
    CHECK(rank == 2 && shape[0] == 1 && shape[1] == 2);
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_INT64, found, sizeof found));
    CHECK(found[0] == 1 && found[1] == 3);

    OK(predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, none, sizeof none));
    OK(predictor_run(predictor));
    OK(predictor_tensor_shape(y, shape, 2, &rank));
    CHECK(rank == 2 && shape[0] == 1 && shape[1] == 0);
    OK(predictor_tensor_byte_length(y, &length));
    CHECK(length == 0);
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_INT64, NULL, 0));
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_INT64, &unset, 0));
    CHECK(unset == 7);
    destroy_predictor(predictor);
}

static void an_empty_input_goes_through(void)
{
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    const int64_t dims[] = {0, 4};
    int64_t shape[2] = {7, 7};
    size_t rank = 0;

    OK(predictor_tensor_reshape(input_of(predictor, "x"), dims, 2));
    OK(predictor_tensor_copy_from_host(input_of(predictor, "x"), PREDICTOR_FLOAT32, NULL, 0));
    OK(predictor_run(predictor));
    OK(predictor_tensor_shape(output_of(predictor, "y"), shape, 2, &rank));
    CHECK(rank == 2 && shape[0] == 0 && shape[1] == 4);
    run_add(predictor, 1);
    destroy_predictor(predictor);
}

static void a_shape_that_the_model_declares_wrongly_is_told_as_it_is(void)
{
    Predictor *predictor = predictor_for(models, "lying_shape.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    const float values[] = {1, -1, 2, -2, 3, -3};
    const int64_t dims[] = {6};
    float positive[3];
    int64_t shape[1];
    size_t rank = 0;

    OK(predictor_tensor_declared_shape(y, shape, 1, &rank));
    CHECK(rank == 1 && shape[0] == 4);
    for (int i = 0; i < 2; i++) {
        OK(predictor_tensor_reshape(x, dims, 1));
        OK(predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, values, sizeof values));
        OK(predictor_run(predictor));
        OK(predictor_tensor_shape(y, shape, 1, &rank));
        CHECK(shape[0] == 3);
        OK(predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, positive, sizeof positive));
        CHECK(positive[0] == 1 && positive[1] == 2 && positive[2] == 3);
    }
    destroy_predictor(predictor);
}

static void inputs_of_different_types_work_together(void)
{
    Predictor *predictor = predictor_for(models, "mixed.onnx");
    const int64_t dims[] = {2}, ids[] = {3, -4};
    const float scale = 0.5f;
    float y[2];

    OK(predictor_tensor_reshape(input_of(predictor, "ids"), dims, 1));
    OK(predictor_tensor_copy_from_host(input_of(predictor, "ids"), PREDICTOR_INT64, ids, sizeof ids));
    OK(predictor_tensor_copy_from_host(input_of(predictor, "scale"), PREDICTOR_FLOAT32, &scale,
        sizeof scale));
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, sizeof y));
    CHECK(y[0] == 1.5f && y[1] == -2);
    destroy_predictor(predictor);
}

static void an_input_is_read_from_shared_memory_as_it_is_at_each_run(void)
{
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    const int64_t dims[] = {1, 4};
    float shared[4] = {1, 2, 3, 4}, values[4];
    size_t length = 0;
    void *data = NULL;

    OK(predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32, shared, sizeof shared, dims, 2));
    OK(predictor_tensor_data(x, &data, &length));
    CHECK(data == shared && length == sizeof shared);
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values, sizeof values));
    CHECK(values[3] == 8);
    shared[3] = 100;
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values, sizeof values));
    CHECK(values[3] == 200);

    /* A copy ends it: the shared memory is not written to, and not read any more. */
    run_add(predictor, 1);
    CHECK(shared[0] == 1 && shared[3] == 100);
    OK(predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32, shared, sizeof shared, dims, 2));
    OK(predictor_tensor_reshape(x, dims, 2));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run(predictor), "\"x\"");
    destroy_predictor(predictor);
}

static void an_output_is_written_to_shared_memory_of_its_shape(void)
{
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    const int64_t one[] = {1, 4}, two[] = {2, 4};
    float shared[8] = {0}, values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    void *data = NULL;
    size_t length = 0;

    OK(predictor_tensor_share_external_data(y, PREDICTOR_FLOAT32, shared, 16, one, 2));
    run_add(predictor, 7);
    CHECK(shared[0] == 14 && shared[3] == 16 && shared[4] == 0);
    OK(predictor_tensor_data(y, &data, &length));
    CHECK(data == shared && length == 16);

    OK(predictor_tensor_reshape(x, two, 2));
    OK(predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, values, sizeof values));
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_run(predictor), "[2,4]");
    CHECK(shared[4] == 0);
    OK(predictor_tensor_share_external_data(y, PREDICTOR_FLOAT32, shared, 32, two, 2));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values,
          32), "\"y\"");
    OK(predictor_run(predictor));
    CHECK(shared[0] == 2 && shared[7] == 16);

    /* NULL goes back to the library's own memory. */
    OK(predictor_tensor_share_external_data(y, PREDICTOR_FLOAT32, NULL, 0, NULL, 0));
    shared[0] = 77;
    OK(predictor_run(predictor));
    CHECK(shared[0] == 77);
    OK(predictor_tensor_copy_to_host(y, PREDICTOR_FLOAT32, values, 32));
    CHECK(values[0] == 2);
    destroy_predictor(predictor);
}

static void memory_that_cannot_be_shared_is_refused(void)
{
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    Predictor *strings = predictor_for(models, "identity_string.onnx");
    PredictorTensor *x = input_of(predictor, "x");
    const int64_t dims[] = {1, 4}, narrow[] = {1, 3}, one[] = {1};
    float memory[5] = {0};

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32,
          (char *)memory + 1, 16, dims, 2), "aligned");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32,
          memory, 20, dims, 2), "expected 16 bytes");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32,
          NULL, 16, dims, 2), "NULL");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32,
          memory, 16, NULL, 2), "NULL");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_share_external_data(x, PREDICTOR_INT32, memory,
          16, dims, 2), "int32");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32,
          memory, 12, narrow, 2), "[1,3]");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_share_external_data(input_of(strings, "x"),
          PREDICTOR_STRING, memory, 16, one, 1), "\"x\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run(predictor), "\"x\"");
    destroy_predictor(predictor);
    destroy_predictor(strings);
}

static void an_input_can_be_written_in_place(void)
{
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");
    const int64_t dims[] = {1, 4};
    void *data = NULL, *again = NULL;
    float values[4];
    size_t length = 0;

    OK(predictor_tensor_reshape(x, dims, 2));
    OK(predictor_tensor_data(x, &data, &length));
    CHECK(length == sizeof values);
    memcpy(values, data, length);
    CHECK(values[0] == 0 && values[3] == 0);
    for (int i = 1; i <= 3; i++) {
        values[2] = (float)i;
        memcpy(data, values, length);
        OK(predictor_run(predictor));
        OK(predictor_tensor_data(y, &again, &length));
        CHECK(again != data && ((const float *)again)[2] == (float)(2 * i));
    }
    OK(predictor_tensor_data(x, &again, &length));
    CHECK(again == data);
    destroy_predictor(predictor);
}

static void strings_go_in_and_come_out_whole(void)
{
    static const char zero[] = "a\0b", accent[] = "\xc3\xa9t\xc3\xa9";
    const char *words[] = {"plain", "", zero, accent};
    const size_t lengths[] = {5, 0, 3, 5};
    const int64_t dims[] = {2, 2}, four[] = {4};
    char buffer[8];
    size_t length = 7;
    Predictor *predictor = predictor_for(models, "identity_string.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *y = output_of(predictor, "y");

    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_copy_strings_from_host(x, words, lengths, 4),
          "\"x\"");
    FAILS(PREDICTOR_ERROR_SHAPE_MISMATCH, predictor_tensor_reshape(x, dims, 2), "[2,2]");
    OK(predictor_tensor_reshape(x, four, 1));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_strings_from_host(x, words, lengths, 3),
          "4 strings");
    OK(predictor_tensor_copy_strings_from_host(x, words, lengths, 4));
    OK(predictor_run(predictor));
    for (size_t i = 0; i < 4; i++) {
        memset(buffer, 'z', sizeof buffer);
        OK(predictor_tensor_string_length(y, i, &length));
        CHECK(length == lengths[i]);
        OK(predictor_tensor_copy_string_to_host(y, i, buffer, length + 1));
        CHECK(memcmp(buffer, words[i], length) == 0 && buffer[length] == '\0' && buffer[length + 1] == 'z');
    }
    OK(predictor_tensor_copy_string_to_host(x, 0, buffer, sizeof buffer));
    CHECK(strcmp(buffer, "plain") == 0);

    /* Too little room: cut at a character, terminated, and said so. */
    memset(buffer, 'z', sizeof buffer);
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_copy_string_to_host(y, 0, buffer, 5), "5 bytes");
    CHECK(strcmp(buffer, "plai") == 0);
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_copy_string_to_host(y, 3, buffer, 5), "5 bytes");
    CHECK(strcmp(buffer, "\xc3\xa9t") == 0);
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_copy_string_to_host(y, 4, buffer, sizeof buffer),
          "4");
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_tensor_string_length(y, 4, &length), "4");

    /* Without lengths, each ends at its NUL. */
    OK(predictor_tensor_copy_strings_from_host(x, words, NULL, 4));
    OK(predictor_run(predictor));
    OK(predictor_tensor_string_length(y, 2, &length));
    CHECK(length == 1);
    destroy_predictor(predictor);
}

static void strings_and_numbers_are_not_mixed_up(void)
{
    Predictor *strings = predictor_for(models, "identity_string.onnx");
    Predictor *numbers = predictor_for(models, "add.onnx");
    const char *words[] = {"one"};
    const int64_t dims[] = {1};
    char bytes[16] = {0};
    size_t length = 0;
    void *data = NULL;
    PredictorTensor *x = input_of(strings, "x");

    OK(predictor_tensor_reshape(x, dims, 1));
    OK(predictor_tensor_copy_strings_from_host(x, words, NULL, 1));
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_copy_from_host(x, PREDICTOR_STRING, bytes, 8),
          "string");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_copy_to_host(x, PREDICTOR_STRING, bytes, 8),
          "string");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_copy_to_host(x, PREDICTOR_UINT8, bytes, 3),
          "string");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_byte_length(x, &length), "string");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_data(x, &data, &length), "string");
    x = input_of(numbers, "x");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_copy_strings_from_host(x, words, NULL, 1),
          "float32");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_string_length(x, 0, &length), "float32");
    FAILS(PREDICTOR_ERROR_TYPE_MISMATCH, predictor_tensor_copy_string_to_host(x, 0, bytes, 16), "float32");
    destroy_predictor(strings);
    destroy_predictor(numbers);
}

static void an_output_of_a_strange_type_leaves_the_others_usable(void)
{
    static const char *const cases[][2] = {{"float8_output.onnx", "z"}, {"sequence_output.onnx", "items"}};
    const int64_t dims[] = {2};
    const float x[] = {1, 2};

    for (size_t i = 0; i < 2; i++) {
        Predictor *predictor = predictor_for(models, cases[i][0]);
        PredictorTensor *strange = output_of(predictor, cases[i][1]);
        float y[2] = {0};
        int32_t type = 0;
        size_t length = 0, count = 0;
        void *data = NULL;

        OK(predictor_output_count(predictor, &count));
        CHECK(count == 2);
        OK(predictor_tensor_reshape(input_of(predictor, "x"), dims, 1));
        OK(predictor_tensor_copy_from_host(input_of(predictor, "x"), PREDICTOR_FLOAT32, x, sizeof x));
        OK(predictor_run(predictor));
        OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, sizeof y));
        CHECK(y[0] == 2 && y[1] == 4);
        FAILS(PREDICTOR_ERROR_UNSUPPORTED, predictor_tensor_data_type(strange, &type), cases[i][1]);
        FAILS(PREDICTOR_ERROR_UNSUPPORTED, predictor_tensor_byte_length(strange, &length), cases[i][1]);
        FAILS(PREDICTOR_ERROR_UNSUPPORTED, predictor_tensor_data(strange, &data, &length), cases[i][1]);
        FAILS(PREDICTOR_ERROR_UNSUPPORTED, predictor_tensor_copy_to_host(strange, PREDICTOR_UINT8, y, 2),
              cases[i][1]);
        CHECK(type == 0 && length == 0 && data == NULL);
        destroy_predictor(predictor);
    }
}

static void an_input_of_a_strange_type_is_unsupported_when_it_is_touched(void)
{
    Predictor *predictor = predictor_for(models, "float8_input.onnx");
    PredictorTensor *z = input_of(predictor, "z");
    const int64_t dims[] = {2};
    const unsigned char bytes[] = {1, 2};
    int32_t type = 0;

    FAILS(PREDICTOR_ERROR_UNSUPPORTED, predictor_tensor_data_type(z, &type), "float8");
    FAILS(PREDICTOR_ERROR_UNSUPPORTED, predictor_tensor_reshape(z, dims, 1), "\"z\"");
    FAILS(PREDICTOR_ERROR_UNSUPPORTED, predictor_tensor_copy_from_host(z, PREDICTOR_UINT8, bytes, 2),
          "\"z\"");
    destroy_predictor(predictor);
}

static void a_model_with_an_input_that_is_no_tensor_is_refused_by_name(void)
{
    static const char *const cases[][2] = {{"sequence_input.onnx", "items"}, {"optional_input.onnx",
        "maybe"}, {"map_input.onnx", "words"}};

    for (size_t i = 0; i < 3; i++) {
        PredictorConfig *config = config_for(models, cases[i][0]);
        Predictor *predictor = NULL;

        FAILS(PREDICTOR_ERROR_INVALID_MODEL, create_predictor(config, &predictor), cases[i][1]);
        destroy_predictor_config(config);
    }
}

int main(int argc, char **argv)
{
    models = models_folder(argc, argv);
    every_element_type_goes_in_and_comes_out();
    a_scalar_has_rank_0();
    a_static_shape_needs_no_reshape_and_a_free_one_does();
    a_shape_that_the_model_does_not_take_is_refused_and_changes_nothing();
    a_length_that_does_not_fit_is_told_in_bytes();
    declared_shapes_and_the_names_of_free_dimensions_can_be_asked();
    names_may_be_of_any_script();
    inputs_persist_and_outputs_end_with_a_reshape();
    an_output_has_the_shape_that_its_data_has();
    an_empty_input_goes_through();
    a_shape_that_the_model_declares_wrongly_is_told_as_it_is();
    inputs_of_different_types_work_together();
    an_input_is_read_from_shared_memory_as_it_is_at_each_run();
    an_output_is_written_to_shared_memory_of_its_shape();
    memory_that_cannot_be_shared_is_refused();
    an_input_can_be_written_in_place();
    strings_go_in_and_come_out_whole();
    strings_and_numbers_are_not_mixed_up();
    an_output_of_a_strange_type_leaves_the_others_usable();
    an_input_of_a_strange_type_is_unsupported_when_it_is_touched();
    a_model_with_an_input_that_is_no_tensor_is_refused_by_name();
    return finish();
}
