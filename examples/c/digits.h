/* What the files of this example share. */
#ifndef DIGITS_H
#define DIGITS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "predictor_pool.h"

enum { IMAGE_SIDE = 8, IMAGE_PIXELS = IMAGE_SIDE * IMAGE_SIDE, CLASS_COUNT = 10, MAXIMUM_BATCH = 32 };

typedef struct Digits {
    size_t count;
    float *images;   /* count * IMAGE_PIXELS values, 0 to 1 */
    uint8_t *labels; /* count values, 0 to 9 */
} Digits;

/* support.c */
void check(PredictorStatus status);
void fail(const char *message, const char *detail);
void *allocate(size_t count, size_t size);
double seconds_now(void);
void start_thread(pthread_t *thread, void *(*function)(void *), void *argument);
void join_thread(pthread_t thread);
Digits load_digits(const char *directory);
void free_digits(Digits *digits);
PredictorConfig *create_digits_config(const char *directory);
void classify(Predictor *predictor, const float *images, size_t count, float *probabilities);

/* accuracy.c: prints the table and returns the accuracy */
double report_accuracy(const char *directory, const Digits *digits);

/* throughput.c */
void report_throughput(const char *directory, const Digits *digits);

/* memory.c: the report starts this program again with MEMORY_FLAG, once for every number */
#define MEMORY_FLAG "--resident-memory"
void report_memory(const char *directory);
void print_resident_memory(const char *directory, const char *way, const char *count);

#endif
