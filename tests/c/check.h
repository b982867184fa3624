/*
 * What the programs of this folder share. Each is a user of the C ABI and tests the rules of one concept:
 *
 *     PROGRAM [MODELS]
 *
 * MODELS is the folder tests/models, by default as seen from the root of the repository. Exit status 0
 * is a pass; the first thing that is wrong is printed and ends the program. Include this file first.
 */
#ifndef CHECK_H
#define CHECK_H

#define _POSIX_C_SOURCE 200809L

#include <predictor_pool.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The condition holds. */
#define CHECK(condition) check_condition((condition), #condition, __FILE__, __LINE__)

/* The call succeeds, and leaves no error text. */
#define OK(call) check_success((call), #call, __FILE__, __LINE__)

/* The call fails with the status, and the text is one line that contains `words`. */
#define FAILS(status, call, words) check_failure((status), (call), (words), #call, __FILE__, __LINE__)

enum { MAXIMUM_PATH = 4096, TEXT_ROOM = 16384 };

/* The calling thread's error text, in `text`, which has room for TEXT_ROOM bytes. */
static inline const char *error_text(char *text)
{
    predictor_last_error_message(text, TEXT_ROOM);
    return text;
}

static inline void check_condition(int holds, const char *what, const char *file, int line)
{
    char text[TEXT_ROOM];

    if (!holds) {
        fprintf(stderr, "%s:%d: %s\nlast error: %s\n", file, line, what, error_text(text));
        exit(1);
    }
}

static inline void check_success(PredictorStatus status, const char *what, const char *file, int line)
{
    char text[TEXT_ROOM];

    error_text(text);
    if (status != PREDICTOR_OK || text[0] != '\0') {
        fprintf(stderr, "%s:%d: %s is %s: \"%s\"\n", file, line, what, predictor_status_name(status), text);
        exit(1);
    }
}

static inline void check_failure(PredictorStatus expected, PredictorStatus status, const char *words,
                                 const char *what, const char *file, int line)
{
    char text[TEXT_ROOM];

    error_text(text);
    if (status != expected || text[0] == '\0' || strchr(text, '\n') != NULL || strstr(text, words) == NULL) {
        fprintf(stderr, "%s:%d: %s is %s: \"%s\", expected %s and \"%s\"\n", file, line, what,
                predictor_status_name(status), text, predictor_status_name(expected), words);
        exit(1);
    }
}

static inline const char *models_folder(int argc, char **argv)
{
    return argc > 1 ? argv[1] : "tests/models";
}

/* The path of a test model; `path` has room for MAXIMUM_PATH bytes. */
static inline const char *model_path(const char *models, const char *name, char *path)
{
    int length = snprintf(path, MAXIMUM_PATH, "%s/%s", models, name);

    CHECK(length > 0 && length < MAXIMUM_PATH);
    return path;
}

/* A config for a test model; the caller destroys it. */
static inline PredictorConfig *config_for(const char *models, const char *name)
{
    char path[MAXIMUM_PATH];
    PredictorConfig *config = NULL;

    OK(create_predictor_config(&config));
    OK(predictor_config_set_model(config, model_path(models, name, path), NULL));
    return config;
}

/* A predictor over a test model; the caller destroys it. */
static inline Predictor *predictor_for(const char *models, const char *name)
{
    PredictorConfig *config = config_for(models, name);
    Predictor *predictor = NULL;

    OK(create_predictor(config, &predictor));
    destroy_predictor_config(config);
    return predictor;
}

static inline PredictorTensor *input_of(Predictor *predictor, const char *name)
{
    PredictorTensor *tensor = NULL;

    OK(predictor_get_input_handle(predictor, name, &tensor));
    return tensor;
}

static inline PredictorTensor *output_of(Predictor *predictor, const char *name)
{
    PredictorTensor *tensor = NULL;

    OK(predictor_get_output_handle(predictor, name, &tensor));
    return tensor;
}

/* A tensor in the caller's memory, for predictor_run_with. */
static inline PredictorTensorView view_of(const char *name, int32_t data_type, void *data, size_t byte_length,
                                          int64_t *dims, size_t rank)
{
    PredictorTensorView view;

    view.name = name;
    view.data = data;
    view.byte_length = byte_length;
    view.dims = dims;
    view.rank = rank;
    view.data_type = data_type;
    return view;
}

/* Computes y = x + x with a predictor over add.onnx or add_batch.onnx, and finds it right. */
static inline void run_add(Predictor *predictor, float first)
{
    const int64_t dims[] = {1, 4};
    const float x[] = {first, -2, 0.5f, 8};
    float y[] = {0, 0, 0, 0};
    PredictorTensor *input = input_of(predictor, "x");

    OK(predictor_tensor_reshape(input, dims, 2));
    OK(predictor_tensor_copy_from_host(input, PREDICTOR_FLOAT32, x, sizeof x));
    OK(predictor_run(predictor));
    OK(predictor_tensor_copy_to_host(output_of(predictor, "y"), PREDICTOR_FLOAT32, y, sizeof y));
    for (size_t i = 0; i < 4; i++)
        CHECK(y[i] == x[i] + x[i]);
}

/* The bytes of a file; the caller frees them. */
static inline unsigned char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes;
    long end;

    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    end = ftell(file);
    CHECK(end > 0 && fseek(file, 0, SEEK_SET) == 0);
    bytes = malloc((size_t)end);
    CHECK(bytes != NULL);
    *length = fread(bytes, 1, (size_t)end, file);
    CHECK(*length == (size_t)end);
    fclose(file);
    return bytes;
}

static inline pthread_t start_thread(void *(*work)(void *), void *argument)
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, work, argument) == 0);
    return thread;
}

static inline void join_thread(pthread_t thread)
{
    CHECK(pthread_join(thread, NULL) == 0);
}

/* Between two looks at what another thread does. */
static inline void wait_a_moment(void)
{
    const struct timespec moment = {0, 100000};

    nanosleep(&moment, NULL);
}

/* The end of each program: nothing is left to destroy. */
static inline int finish(void)
{
    CHECK(predictor_live_handles() == 0);
    return 0;
}

#endif
