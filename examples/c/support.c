/* Errors, time, threads, the images, and the one way in which this example runs the model. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digits.h"

/* Any thread may fail while others run, so this leaves without running exit handlers. */
void fail(const char *message, const char *detail)
{
    fflush(stdout);
    fprintf(stderr, "digits: %s: %s\n", message, detail);
    _Exit(1);
}

/* To be called on the thread that made the call: the error text belongs to that thread. */
void check(PredictorStatus status)
{
    char message[1024];

    if (status == PREDICTOR_OK)
        return;
    predictor_last_error_message(message, sizeof message);
    fail(predictor_status_name(status), message);
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL)
        fail("cannot allocate", "out of memory");
    return memory;
}

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void start_thread(pthread_t *thread, void *(*function)(void *), void *argument)
{
    int error = pthread_create(thread, NULL, function, argument);
    if (error != 0)
        fail("cannot start a thread", strerror(error));
}

void join_thread(pthread_t thread)
{
    int error = pthread_join(thread, NULL);
    if (error != 0)
        fail("cannot join a thread", strerror(error));
}

static void join_path(char *path, size_t capacity, const char *directory, const char *name)
{
    int length = snprintf(path, capacity, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= capacity)
        fail("path too long", directory);
}

static uint8_t *read_file(const char *directory, const char *name, size_t *out_length)
{
    char path[4096];
    join_path(path, sizeof path, directory, name);

    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail("cannot read", path);
    long length = ftell(file);
    if (length <= 0 || fseek(file, 0, SEEK_SET) != 0)
        fail("cannot read", path);

    uint8_t *bytes = allocate((size_t)length, 1);
    if (fread(bytes, 1, (size_t)length, file) != (size_t)length)
        fail("cannot read", path);
    fclose(file);
    *out_length = (size_t)length;
    return bytes;
}

Digits load_digits(const char *directory)
{
    Digits digits;
    size_t pixel_count;
    uint8_t *pixels = read_file(directory, "digits_images.bin", &pixel_count);

    digits.labels = read_file(directory, "digits_labels.bin", &digits.count);
    if (pixel_count != digits.count * IMAGE_PIXELS)
        fail("images and labels do not match", directory);

    digits.images = allocate(pixel_count, sizeof *digits.images);
    for (size_t i = 0; i < pixel_count; i++)
        digits.images[i] = (float)pixels[i] / 16.0f;
    free(pixels);
    return digits;
}

void free_digits(Digits *digits)
{
    free(digits->images);
    free(digits->labels);
}

PredictorConfig *create_digits_config(const char *directory)
{
    char path[4096];
    PredictorConfig *config = NULL;

    join_path(path, sizeof path, directory, "digits.onnx");
    check(create_predictor_config(&config));
    check(predictor_config_set_model(config, path, NULL));
    return config;
}

/* Copies a batch in, runs, and copies CLASS_COUNT probabilities per image out. */
void classify(Predictor *predictor, const float *images, size_t count, float *probabilities)
{
    const int64_t shape[4] = {(int64_t)count, 1, IMAGE_SIDE, IMAGE_SIDE};
    size_t input_length = count * IMAGE_PIXELS * sizeof *images;
    size_t output_length = count * CLASS_COUNT * sizeof *probabilities;
    PredictorTensor *input = NULL;
    PredictorTensor *output = NULL;

    check(predictor_get_input_handle(predictor, "image", &input));
    check(predictor_tensor_reshape(input, shape, 4));
    check(predictor_tensor_copy_from_host(input, PREDICTOR_FLOAT32, images, input_length));
    check(predictor_run(predictor));
    check(predictor_get_output_handle(predictor, "probabilities", &output));
    check(predictor_tensor_copy_to_host(output, PREDICTOR_FLOAT32, probabilities, output_length));
}
