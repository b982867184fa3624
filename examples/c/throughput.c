/* Throughput and latency with 1, 2, 4 and 8 threads, one predictor of a pool for each thread. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digits.h"

#define SECONDS 1.0

enum { BATCH_SIZE = 16, WARM_UP_RUNS = 20, MAXIMUM_RUNS = 500000 };

typedef struct Worker {
    Predictor *predictor;
    const float *images;
    pthread_barrier_t *start_line;
    double started;
    double ended;
    size_t run_count;
    float *latencies; /* room for MAXIMUM_RUNS, in microseconds */
} Worker;

static void *run_for_a_while(void *argument)
{
    Worker *worker = argument;
    float probabilities[BATCH_SIZE * CLASS_COUNT];

    for (int i = 0; i < WARM_UP_RUNS; i++)
        classify(worker->predictor, worker->images, BATCH_SIZE, probabilities);
    pthread_barrier_wait(worker->start_line);

    worker->started = seconds_now();
    worker->ended = worker->started;
    while (worker->ended - worker->started < SECONDS && worker->run_count < MAXIMUM_RUNS) {
        double before = worker->ended;
        classify(worker->predictor, worker->images, BATCH_SIZE, probabilities);
        worker->ended = seconds_now();
        worker->latencies[worker->run_count++] = (float)((worker->ended - before) * 1e6);
    }
    return NULL;
}

static void run_workers(Worker *workers, size_t count)
{
    pthread_t *threads = allocate(count, sizeof *threads);
    pthread_barrier_t start_line;
    int error = pthread_barrier_init(&start_line, NULL, (unsigned)count);
    if (error != 0)
        fail("cannot create a barrier", strerror(error));

    for (size_t i = 0; i < count; i++) {
        workers[i].start_line = &start_line;
        start_thread(&threads[i], run_for_a_while, &workers[i]);
    }
    for (size_t i = 0; i < count; i++)
        join_thread(threads[i]);
    pthread_barrier_destroy(&start_line);
    free(threads);
}

static int compare_floats(const void *left, const void *right)
{
    float a = *(const float *)left;
    float b = *(const float *)right;
    return (a > b) - (a < b);
}

/* Prints one row and returns its images per second; baseline is that of one thread, 0 if this is it. */
static double print_row(const Worker *workers, size_t count, double baseline)
{
    double started = workers[0].started;
    double ended = workers[0].ended;
    size_t run_count = 0;
    for (size_t i = 0; i < count; i++) {
        started = workers[i].started < started ? workers[i].started : started;
        ended = workers[i].ended > ended ? workers[i].ended : ended;
        run_count += workers[i].run_count;
    }

    float *latencies = allocate(run_count, sizeof *latencies);
    size_t copied = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(latencies + copied, workers[i].latencies, workers[i].run_count * sizeof *latencies);
        copied += workers[i].run_count;
    }
    qsort(latencies, run_count, sizeof *latencies, compare_floats);

    double rate = (double)(run_count * BATCH_SIZE) / (ended - started);
    double speed_up = baseline > 0.0 ? rate / baseline : 1.0;
    printf("%7zu  %8.0f  %7.2fx  %6.0f  %6.0f\n", count, rate, speed_up,
           latencies[run_count / 2], latencies[run_count * 99 / 100]);
    free(latencies);
    return rate;
}

static double measure(const char *directory, const Digits *digits, size_t count, double baseline)
{
    PredictorConfig *config = create_digits_config(directory);
    PredictorPool *pool = NULL;
    Worker *workers = allocate(count, sizeof *workers);

    /* A run stays on its caller's thread, so that the thread count is the one in the table. */
    check(predictor_config_set_intra_op_threads(config, 1));
    check(create_predictor_pool(config, count, &pool));
    destroy_predictor_config(config);

    for (size_t i = 0; i < count; i++) {
        check(predictor_pool_retrieve(pool, i, &workers[i].predictor));
        workers[i].images = digits->images;
        workers[i].latencies = allocate(MAXIMUM_RUNS, sizeof *workers[i].latencies);
    }
    run_workers(workers, count);
    destroy_predictor_pool(pool);

    double rate = print_row(workers, count, baseline);
    for (size_t i = 0; i < count; i++)
        free(workers[i].latencies);
    free(workers);
    return rate;
}

void report_throughput(const char *directory, const Digits *digits)
{
    static const size_t thread_counts[] = {1, 2, 4, 8};
    double baseline = 0.0;

    if (digits->count < BATCH_SIZE)
        fail("too few images", directory);
    printf("\nthroughput on %ld cores, batches of %d, a run with its copies in and out\n",
           sysconf(_SC_NPROCESSORS_ONLN), BATCH_SIZE);
    printf("threads  images/s  speed-up  p50 us  p99 us\n");
    for (size_t i = 0; i < sizeof thread_counts / sizeof *thread_counts; i++) {
        double rate = measure(directory, digits, thread_counts[i], baseline);
        if (i == 0)
            baseline = rate;
    }
}
