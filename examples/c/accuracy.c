/* Several threads classify all images with predictors that they lease from one pool. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>

#include "digits.h"

enum { THREAD_COUNT = 4 };

/* Different batch sizes, so that runs with different shapes overlap. */
static const size_t batch_sizes[THREAD_COUNT] = {1, 5, 16, MAXIMUM_BATCH};

/* One thread's part of the images, first to end - 1, and what it found. */
typedef struct Part {
    PredictorPool *pool;
    const Digits *digits;
    size_t batch_size;
    size_t first;
    size_t end;
    size_t correct;
} Part;

static size_t most_probable(const float *probabilities)
{
    size_t best = 0;
    for (size_t i = 1; i < CLASS_COUNT; i++) {
        if (probabilities[i] > probabilities[best])
            best = i;
    }
    return best;
}

static size_t count_correct(const float *probabilities, const uint8_t *labels, size_t count)
{
    size_t correct = 0;
    for (size_t i = 0; i < count; i++) {
        if (most_probable(probabilities + i * CLASS_COUNT) == labels[i])
            correct++;
    }
    return correct;
}

static void *classify_part(void *argument)
{
    Part *part = argument;
    const Digits *digits = part->digits;
    float probabilities[MAXIMUM_BATCH * CLASS_COUNT];

    for (size_t first = part->first; first < part->end; first += part->batch_size) {
        size_t left = part->end - first;
        size_t count = left < part->batch_size ? left : part->batch_size;
        Predictor *predictor = NULL;

        check(predictor_pool_acquire(part->pool, -1, &predictor));
        classify(predictor, digits->images + first * IMAGE_PIXELS, count, probabilities);
        check(predictor_pool_release(part->pool, predictor));
        part->correct += count_correct(probabilities, digits->labels + first, count);
    }
    return NULL;
}

static size_t print_parts(const Part *parts)
{
    size_t correct = 0;

    printf("thread  batch  images  correct\n");
    for (size_t i = 0; i < THREAD_COUNT; i++) {
        const Part *part = &parts[i];
        printf("%6zu  %5zu  %6zu  %7zu\n", i + 1, part->batch_size, part->end - part->first, part->correct);
        correct += part->correct;
    }
    return correct;
}

double report_accuracy(const char *directory, const Digits *digits)
{
    PredictorConfig *config = create_digits_config(directory);
    PredictorPool *pool = NULL;
    pthread_t threads[THREAD_COUNT];
    Part parts[THREAD_COUNT];

    check(create_predictor_pool(config, THREAD_COUNT, &pool));
    destroy_predictor_config(config);

    for (size_t i = 0; i < THREAD_COUNT; i++) {
        parts[i].pool = pool;
        parts[i].digits = digits;
        parts[i].batch_size = batch_sizes[i];
        parts[i].first = digits->count * i / THREAD_COUNT;
        parts[i].end = digits->count * (i + 1) / THREAD_COUNT;
        parts[i].correct = 0;
        start_thread(&threads[i], classify_part, &parts[i]);
    }
    for (size_t i = 0; i < THREAD_COUNT; i++)
        join_thread(threads[i]);
    destroy_predictor_pool(pool);

    size_t correct = print_parts(parts);
    double accuracy = (double)correct / (double)digits->count;
    printf("   all         %6zu  %7zu\n", digits->count, correct);
    printf("accuracy %.3f\n", accuracy);
    return accuracy;
}
