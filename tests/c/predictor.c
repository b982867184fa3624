/* Predictors: names, runs, clones, time limits, cancelling, stateless runs, and who must wait for whom. */
#include "check.h"

#include <stdint.h>
#include <time.h>

enum { MATRIX = 64 * 64, STEPS_WITHOUT_END = 100000000 };

static const char *models;

static double seconds(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void inputs_and_outputs_have_names_in_the_models_order(void)
{
    Predictor *predictor = predictor_for(models, "sum_two.onnx");
    size_t count = 0;
    const char *a = NULL, *again = NULL, *b = NULL, *total = NULL, *difference = NULL;

    OK(predictor_input_count(predictor, &count));
    CHECK(count == 2);
    OK(predictor_output_count(predictor, &count));
    CHECK(count == 2);
    OK(predictor_input_name(predictor, 0, &a));
    OK(predictor_input_name(predictor, 1, &b));
    OK(predictor_output_name(predictor, 0, &total));
    OK(predictor_output_name(predictor, 1, &difference));
    OK(predictor_input_name(predictor, 0, &again));
    CHECK(a == again);
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_input_name(predictor, 2, &again), "2");
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_output_name(predictor, SIZE_MAX, &again), "below 2");
    destroy_predictor(predictor);
    /* Names outlive the predictor. */
    CHECK(strcmp(a, "a") == 0 && strcmp(b, "b") == 0 && again == a);
    CHECK(strcmp(total, "total") == 0 && strcmp(difference, "difference") == 0);
}

static void one_name_is_one_handle(void)
{
    Predictor *predictor = predictor_for(models, "sum_two.onnx");
    PredictorTensor *tensor = NULL;

    CHECK(input_of(predictor, "a") == input_of(predictor, "a"));
    CHECK(input_of(predictor, "a") != input_of(predictor, "b"));
    CHECK(output_of(predictor, "total") == output_of(predictor, "total"));
    FAILS(PREDICTOR_ERROR_NOT_FOUND, predictor_get_input_handle(predictor, "c", &tensor), "\"a\", \"b\"");
    FAILS(PREDICTOR_ERROR_NOT_FOUND, predictor_get_output_handle(predictor, "a", &tensor),
          "\"total\", \"difference\"");
    CHECK(tensor == NULL);
    destroy_predictor(predictor);
}

static void an_input_with_a_default_may_be_left_out(void)
{
    Predictor *predictor = predictor_for(models, "with_default.onnx");
    PredictorTensor *x = input_of(predictor, "x"), *bias = input_of(predictor, "bias");
    const int64_t dims[] = {2};
    const float values[] = {1, 2}, shift = 10;
    float y[2];
    size_t count = 0;

    OK(predictor_input_count(predictor, &count));
    CHECK(count == 1);
    OK(predictor_tensor_reshape(x, dims, 1));
    OK(predictor_tensor_copy_from_host(x, PREDICTOR_FLOAT32, values, sizeof values));
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, sizeof y));
    CHECK(y[0] == 1.5f && y[1] == 2.5f);
    OK(predictor_tensor_copy_from_host(bias, PREDICTOR_FLOAT32, &shift, sizeof shift));
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, sizeof y));
    CHECK(y[0] == 11 && y[1] == 12);
    destroy_predictor(predictor);
}

static void a_model_without_inputs_runs(void)
{
    Predictor *predictor = predictor_for(models, "constant.onnx");
    float y[3];
    size_t count = 1;

    OK(predictor_input_count(predictor, &count));
    CHECK(count == 0);
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, sizeof y));
    CHECK(y[0] == 1.5f && y[1] == -2 && y[2] == 3.25f);
    destroy_predictor(predictor);
}

static void a_clone_starts_empty_and_lives_on_its_own(void)
{
    Predictor *source = predictor_for(models, "add.onnx"), *clone = NULL;
    PredictorTensor *stale;
    size_t rank = 0;

    run_add(source, 1);
    OK(clone_predictor(source, &clone));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run(clone), "\"x\"");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_shape(output_of(clone, "y"), NULL, 0, &rank),
          "\"y\"");
    CHECK(input_of(clone, "x") != input_of(source, "x"));
    stale = input_of(source, "x");
    destroy_predictor(source);
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(source), "predictor");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_tensor_shape(stale, NULL, 0, &rank), "tensor");
    run_add(clone, 2);
    destroy_predictor(clone);
}

static void set_index(PredictorTensor *tensor, int64_t index)
{
    const int64_t dims[] = {1};

    OK(predictor_tensor_reshape(tensor, dims, 1));
    OK(predictor_tensor_copy_from_host(tensor, PREDICTOR_INT64, &index, sizeof index));
}

static void a_predictor_lives_on_after_a_kernel_failed(void)
{
    Predictor *predictor = predictor_for(models, "failing.onnx");
    PredictorTensor *index = input_of(predictor, "index"), *output = output_of(predictor, "y");
    int64_t kept = 0;
    float y = 0;

    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run(predictor), "\"index\"");
    set_index(index, 2);
    OK(predictor_run(predictor));
    set_index(index, 99);
    FAILS(PREDICTOR_ERROR_RUN_FAILED, predictor_run(predictor), "99");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(output, PREDICTOR_FLOAT32, &y,
          sizeof y), "\"y\"");
    CHECK(y == 0);
    /* Shape and data of an input persist over a run that failed. */
    OK(predictor_tensor_copy_to_host(index, PREDICTOR_INT64, &kept, sizeof kept));
    CHECK(kept == 99);
    FAILS(PREDICTOR_ERROR_RUN_FAILED, predictor_run(predictor), "99");
    set_index(index, 4);
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(output, PREDICTOR_FLOAT32, &y, sizeof y));
    CHECK(y == 40);
    destroy_predictor(predictor);
}

/* A predictor whose next run takes `steps` steps of some microseconds. */
static void set_slow(Predictor *predictor, int64_t steps)
{
    static float x[MATRIX];

    OK(predictor_tensor_copy_from_host(input_of(predictor, "steps"), PREDICTOR_INT64, &steps, sizeof steps));
    OK(predictor_tensor_copy_from_host(input_of(predictor, "x"), PREDICTOR_FLOAT32, x, sizeof x));
}

static void a_run_stops_at_its_time_limit(void)
{
    Predictor *predictor = predictor_for(models, "slow.onnx");
    PredictorTensor *output = output_of(predictor, "y");
    size_t length = 0;
    double start;

    set_slow(predictor, 10);
    OK(predictor_run(predictor));
    FAILS(PREDICTOR_ERROR_TIMEOUT, predictor_run_with_timeout(predictor, 0), "0 ms");
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_byte_length(output, &length), "\"y\"");
    set_slow(predictor, STEPS_WITHOUT_END);
    start = seconds();
    FAILS(PREDICTOR_ERROR_TIMEOUT, predictor_run_with_timeout(predictor, 50), "50 ms");
    CHECK(seconds() - start >= 0.049);
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_byte_length(output, &length), "\"y\"");

    /* The limit belonged to that run. */
    set_slow(predictor, 10);
    OK(predictor_run_with_timeout(predictor, 60000));
    OK(predictor_run_with_timeout(predictor, -1));
    OK(predictor_run(predictor));
    OK(predictor_tensor_byte_length(output, &length));
    CHECK(length == MATRIX * sizeof(float));
    destroy_predictor(predictor);
}

/* A run on another thread, and how it ended. */
typedef struct {
    Predictor *predictor;
    PredictorStatus status;
    char text[256];
} Run;

static void *run_slow(void *argument)
{
    Run *run = argument;

    run->status = predictor_run(run->predictor);
    predictor_last_error_message(run->text, sizeof run->text);
    return NULL;
}

static void wait_until_it_runs(Predictor *predictor)
{
    size_t rank;

    while (predictor_tensor_shape(input_of(predictor, "x"), NULL, 0, &rank) != PREDICTOR_ERROR_BUSY)
        wait_a_moment();
}

static void a_run_is_cancelled_from_another_thread_and_the_next_one_is_not(void)
{
    Run run = {predictor_for(models, "slow.onnx"), PREDICTOR_OK, ""};
    float y = 0;
    pthread_t thread;

    FAILS(PREDICTOR_ERROR_NOT_FOUND, predictor_cancel(run.predictor), "run");
    set_slow(run.predictor, STEPS_WITHOUT_END);
    thread = start_thread(run_slow, &run);
    while (predictor_cancel(run.predictor) == PREDICTOR_ERROR_NOT_FOUND)
        wait_a_moment();
    join_thread(thread);
    CHECK(run.status == PREDICTOR_ERROR_CANCELLED && run.text[0] != '\0');
    CHECK(predictor_last_error_message(NULL, 0) == 0);
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_tensor_copy_to_host(output_of(run.predictor, "y"),
          PREDICTOR_FLOAT32, &y, sizeof y), "\"y\"");
    FAILS(PREDICTOR_ERROR_NOT_FOUND, predictor_cancel(run.predictor), "run");
    set_slow(run.predictor, 10);
    OK(predictor_run(run.predictor));
    destroy_predictor(run.predictor);
}

/* One step of y = x * matrix, without the predictor's own tensors. */
static PredictorStatus run_with_slow(const Predictor *predictor, int64_t steps)
{
    static float x[MATRIX];
    int64_t x_dims[] = {64, 64}, none[1] = {0};
    const PredictorTensorView inputs[] = {
        view_of("steps", PREDICTOR_INT64, &steps, sizeof steps, none, 0),
        view_of("x", PREDICTOR_FLOAT32, x, sizeof x, x_dims, 2),
    };

    return predictor_run_with(predictor, inputs, 2, NULL, 0);
}

static void beside_a_run_calls_on_the_predictor_are_busy_and_change_nothing(void)
{
    Run run = {predictor_for(models, "slow.onnx"), PREDICTOR_OK, ""};
    Predictor *predictor = run.predictor, *clone = NULL;
    PredictorTensor *steps = input_of(predictor, "steps"), *x = input_of(predictor, "x");
    PredictorTensor *y = output_of(predictor, "y");
    const int64_t dims[] = {64, 64};
    int64_t one = 1, shape[2];
    static float matrix[MATRIX];
    const char *name = NULL;
    int32_t data_type = 0;
    size_t size = 7;
    uint64_t released = 7;
    void *data = NULL;
    pthread_t thread;

    set_slow(predictor, STEPS_WITHOUT_END);
    thread = start_thread(run_slow, &run);
    wait_until_it_runs(predictor);

    FAILS(PREDICTOR_ERROR_BUSY, predictor_run(predictor), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_run_with_timeout(predictor, 1000), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_run_with_timeout(predictor, 0), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_shrink_memory(predictor, &released), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_reshape(x, dims, 2), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_copy_from_host(steps, PREDICTOR_INT64, &one, sizeof one),
          "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_share_external_data(x, PREDICTOR_FLOAT32, matrix,
          sizeof matrix, dims, 2), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_share_external_data(y, PREDICTOR_FLOAT32, matrix,
          sizeof matrix, dims, 2), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_data(x, &data, &size), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_shape(x, shape, 2, &size), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_shape(y, NULL, 0, &size), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_byte_length(x, &size), "thread");
    FAILS(PREDICTOR_ERROR_BUSY, predictor_tensor_copy_to_host(steps, PREDICTOR_INT64, &one, sizeof one),
          "thread");
    CHECK(data == NULL && size == 7 && released == 7 && one == 1);

    /* What looks at the model only, and what any thread may do at any time. */
    OK(predictor_input_count(predictor, &size));
    OK(predictor_output_name(predictor, 0, &name));
    CHECK(input_of(predictor, "x") == x);
    OK(predictor_tensor_name(x, &name));
    OK(predictor_tensor_data_type(x, &data_type));
    OK(predictor_tensor_declared_shape(x, shape, 2, &size));
    OK(clone_predictor(predictor, &clone));
    OK(run_with_slow(predictor, 10));
    set_slow(clone, 10);
    OK(predictor_run(clone));
    destroy_predictor(clone);

    OK(predictor_cancel(predictor));
    join_thread(thread);
    CHECK(run.status == PREDICTOR_ERROR_CANCELLED);
    /* The refused copy changed nothing. */
    OK(predictor_tensor_copy_to_host(steps, PREDICTOR_INT64, &one, sizeof one));
    CHECK(one == STEPS_WITHOUT_END);
    destroy_predictor(predictor);
}

static void *run_until_the_handle_is_gone(void *argument)
{
    Run *run = argument;

    do {
        run->status = predictor_run(run->predictor);
    } while (run->status == PREDICTOR_OK);
    return NULL;
}

static void a_run_outlives_the_handle_of_its_predictor(void)
{
    Run run = {predictor_for(models, "slow.onnx"), PREDICTOR_ERROR_INTERNAL, ""};
    pthread_t thread;

    set_slow(run.predictor, 300);
    thread = start_thread(run_until_the_handle_is_gone, &run);
    wait_until_it_runs(run.predictor);
    destroy_predictor(run.predictor);
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_cancel(run.predictor), "destroyed");
    join_thread(thread);
    /* The run that was inside succeeded, and no further one began. */
    CHECK(run.status == PREDICTOR_ERROR_INVALID_HANDLE);
}

/* y = x + x on any number of rows, without the predictor's own tensors. */
static void run_add_with(const Predictor *predictor, int64_t rows, float first)
{
    float x[32], y[32];
    int64_t x_dims[] = {rows, 4}, y_dims[2] = {0, 0};
    size_t count = (size_t)rows * 4;
    PredictorTensorView input = view_of("x", PREDICTOR_FLOAT32, x, count * sizeof *x, x_dims, 2);
    PredictorTensorView output = view_of("y", 0, y, sizeof y, y_dims, 2);

    for (size_t i = 0; i < count; i++)
        x[i] = first + (float)i;
    OK(predictor_run_with(predictor, &input, 1, &output, 1));
    CHECK(output.byte_length == count * sizeof *y && output.rank == 2);
    CHECK(output.data_type == PREDICTOR_FLOAT32);
    CHECK(y_dims[0] == rows && y_dims[1] == 4);
    for (size_t i = 0; i < count; i++)
        CHECK(y[i] == 2 * x[i]);
}

typedef struct {
    const Predictor *predictor;
    int number;
} Caller;

static void *call_many_times(void *argument)
{
    const Caller *caller = argument;

    for (int i = 0; i < 200; i++)
        run_add_with(caller->predictor, 1 + (caller->number + i) % 8, (float)(caller->number * 1000 + i));
    return NULL;
}

static void any_number_of_threads_make_stateless_runs_on_one_predictor(void)
{
    enum { THREADS = 4 };
    Predictor *predictor = predictor_for(models, "add_batch.onnx");
    Caller callers[THREADS];
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        callers[i].predictor = predictor;
        callers[i].number = i;
        threads[i] = start_thread(call_many_times, &callers[i]);
    }
    for (int i = 0; i < 100; i++)
        run_add(predictor, (float)i);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    destroy_predictor(predictor);
}

static void a_stateless_run_tells_how_much_room_it_needs(void)
{
    Predictor *predictor = predictor_for(models, "sum_two.onnx");
    float a[] = {1, 2, 3}, b[] = {10, 20, 30}, total[3] = {0}, difference[3] = {0};
    int64_t dims[] = {1, 3}, total_dims[2], difference_dims[2];
    PredictorTensorView inputs[2];
    PredictorTensorView outputs[2];

    inputs[0] = view_of("b", PREDICTOR_FLOAT32, b, sizeof b, dims, 2);
    inputs[1] = view_of("a", PREDICTOR_FLOAT32, a, sizeof a, dims, 2);
    outputs[0] = view_of("difference", 0, NULL, 0, NULL, 0);
    outputs[1] = view_of("total", 0, NULL, 0, NULL, 0);
    FAILS(PREDICTOR_ERROR_OUT_OF_RANGE, predictor_run_with(predictor, inputs, 2, outputs, 2), "12 bytes");
    CHECK(outputs[0].byte_length == sizeof difference && outputs[0].rank == 2);
    CHECK(outputs[1].byte_length == sizeof total && outputs[1].rank == 2);

    outputs[0].data = difference;
    outputs[0].dims = difference_dims;
    outputs[1].data = total;
    outputs[1].dims = total_dims;
    OK(predictor_run_with(predictor, inputs, 2, outputs, 2));
    CHECK(total[2] == 33 && difference[2] == -27 && total_dims[1] == 3 && difference_dims[0] == 1);

    /* Outputs may be left out; an input that is needed may not, and none comes twice. */
    OK(predictor_run_with(predictor, inputs, 2, outputs, 1));
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run_with(predictor, inputs, 1, outputs, 2), "\"a\"");
    inputs[1].name = "b";
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run_with(predictor, inputs, 2, outputs, 2), "\"b\"");
    inputs[1].name = "a";
    outputs[0].name = "total";
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run_with(predictor, inputs, 2, outputs, 2),
          "\"total\"");
    outputs[0].name = "difference";
    outputs[0].data = total;
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run_with(predictor, inputs, 2, outputs, 2), "memory");
    outputs[0].data = difference;
    outputs[0].dims = total_dims;
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run_with(predictor, inputs, 2, outputs, 2), "memory");
    outputs[0].dims = difference_dims;
    inputs[1].name = "c";
    FAILS(PREDICTOR_ERROR_NOT_FOUND, predictor_run_with(predictor, inputs, 2, outputs, 2), "\"a\", \"b\"");
    destroy_predictor(predictor);
}

static void strings_travel_packed_in_stateless_runs(void)
{
    Predictor *predictor = predictor_for(models, "string_upper.onnx");
    char words[] = "one\0drop\0\0two", produced[16];
    int64_t dims[] = {4}, produced_dims[1] = {0};
    PredictorTensorView input = view_of("x", PREDICTOR_STRING, words, sizeof words, dims, 1);
    PredictorTensorView output = view_of("y", 0, produced, sizeof produced, produced_dims, 1);

    OK(predictor_run_with(predictor, &input, 1, &output, 1));
    CHECK(output.rank == 1 && produced_dims[0] == 3 && output.data_type == PREDICTOR_STRING);
    CHECK(output.byte_length == sizeof "ONE\0\0TWO" && memcmp(produced, "ONE\0\0TWO",
          output.byte_length) == 0);
    input.byte_length--;
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_run_with(predictor, &input, 1, &output, 1), "NUL");
    destroy_predictor(predictor);
}

static void *run_with_until_cancelled(void *argument)
{
    Run *run = argument;

    run->status = run_with_slow(run->predictor, STEPS_WITHOUT_END);
    return NULL;
}

static void a_stateless_run_is_cancelled_too(void)
{
    Run run = {predictor_for(models, "slow.onnx"), PREDICTOR_OK, ""};
    pthread_t thread = start_thread(run_with_until_cancelled, &run);

    while (predictor_cancel(run.predictor) == PREDICTOR_ERROR_NOT_FOUND)
        wait_a_moment();
    join_thread(thread);
    CHECK(run.status == PREDICTOR_ERROR_CANCELLED);
    OK(run_with_slow(run.predictor, 10));
    destroy_predictor(run.predictor);
}

static void giving_memory_back_keeps_inputs_and_outputs(void)
{
    Predictor *predictor = predictor_for(models, "add.onnx");
    uint64_t released = UINT64_MAX;
    float y[4];

    run_add(predictor, 4);
    OK(predictor_shrink_memory(predictor, &released));
    CHECK(released < UINT64_MAX);
    OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, sizeof y));
    CHECK(y[0] == 8);
    OK(predictor_run(predictor));
    destroy_predictor(predictor);
}

int main(int argc, char **argv)
{
    models = models_folder(argc, argv);
    inputs_and_outputs_have_names_in_the_models_order();
    one_name_is_one_handle();
    an_input_with_a_default_may_be_left_out();
    a_model_without_inputs_runs();
    a_clone_starts_empty_and_lives_on_its_own();
    a_predictor_lives_on_after_a_kernel_failed();
    a_run_stops_at_its_time_limit();
    a_run_is_cancelled_from_another_thread_and_the_next_one_is_not();
    beside_a_run_calls_on_the_predictor_are_busy_and_change_nothing();
    a_run_outlives_the_handle_of_its_predictor();
    any_number_of_threads_make_stateless_runs_on_one_predictor();
    a_stateless_run_tells_how_much_room_it_needs();
    strings_travel_packed_in_stateless_runs();
    a_stateless_run_is_cancelled_too();
    giving_memory_back_keeps_inputs_and_outputs();
    return finish();
}
