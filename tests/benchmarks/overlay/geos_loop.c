/* The floor under every tool that asks GEOS for geometry: a loop over pairs, and nothing else.
 *
 * Usage: geos_loop PAIRS THREADS ANSWERS
 *
 * PAIRS:   int64 shapes, pairs; int64 start[shapes + 1]; WKB bytes;
 *          int32 left[pairs], right[pairs]; uint8 line[pairs] (1: length counts, else area)
 * ANSWERS: double measure[pairs], seconds[pairs]
 * Prints the seconds that the loop took; WKB is parsed before the clock starts.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* what is needed of geos_c.h, for shapely's wheel has the library without its header */
typedef struct GEOSContextHandle_HS *GEOSContextHandle_t;
typedef struct GEOSGeom_t GEOSGeometry;
typedef struct GEOSWKBReader_t GEOSWKBReader;
extern GEOSContextHandle_t GEOS_init_r(void);
extern void GEOS_finish_r(GEOSContextHandle_t);
extern GEOSWKBReader *GEOSWKBReader_create_r(GEOSContextHandle_t);
extern void GEOSWKBReader_destroy_r(GEOSContextHandle_t, GEOSWKBReader *);
extern GEOSGeometry *GEOSWKBReader_read_r(GEOSContextHandle_t, GEOSWKBReader *,
                                          const unsigned char *, size_t);
extern GEOSGeometry *GEOSIntersection_r(GEOSContextHandle_t, const GEOSGeometry *,
                                        const GEOSGeometry *);
extern int GEOSArea_r(GEOSContextHandle_t, const GEOSGeometry *, double *);
extern int GEOSLength_r(GEOSContextHandle_t, const GEOSGeometry *, double *);
extern void GEOSGeom_destroy_r(GEOSContextHandle_t, GEOSGeometry *);

enum { CHUNK = 64 };

static int64_t pairs, next_pair;
static GEOSGeometry **shapes;
static int32_t *left, *right;
static uint8_t *line;
static double *measure, *seconds;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory) {
        fprintf(stderr, "geos_loop: no memory\n");
        exit(2);
    }
    return memory;
}

static void *load(FILE *file, size_t count, size_t size)
{
    void *memory = allocate(count, size);
    if (fread(memory, size, count, file) != count) {
        fprintf(stderr, "geos_loop: the file of pairs is cut short\n");
        exit(2);
    }
    return memory;
}

static void *work(void *unused)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    (void)unused;
    for (;;) {
        int64_t first = __atomic_fetch_add(&next_pair, CHUNK, __ATOMIC_RELAXED);
        int64_t last = first + CHUNK < pairs ? first + CHUNK : pairs;
        if (first >= pairs)
            break;
        double start = now();
        for (int64_t k = first; k < last; k++) {
            GEOSGeometry *met = GEOSIntersection_r(geos, shapes[left[k]], shapes[right[k]]);
            if (!met) {
                measure[k] = -1; /* GEOS failed */
            } else {
                (line[k] ? GEOSLength_r : GEOSArea_r)(geos, met, &measure[k]);
                GEOSGeom_destroy_r(geos, met);
            }
            double end = now();
            seconds[k] = end - start;
            start = end;
        }
    }
    GEOS_finish_r(geos);
    return NULL;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "usage: geos_loop PAIRS THREADS ANSWERS\n");
        return 2;
    }
    int64_t *size = load(file, 2, sizeof *size);
    size_t count = (size_t)size[0];
    pairs = size[1];
    int64_t *start = load(file, count + 1, sizeof *start);
    unsigned char *wkb = load(file, (size_t)start[count], 1);
    left = load(file, (size_t)pairs, sizeof *left);
    right = load(file, (size_t)pairs, sizeof *right);
    line = load(file, (size_t)pairs, sizeof *line);
    fclose(file);

    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSWKBReader *reader = GEOSWKBReader_create_r(geos);
    shapes = allocate(count, sizeof *shapes);
    for (size_t k = 0; k < count; k++) {
        shapes[k] = GEOSWKBReader_read_r(geos, reader, wkb + start[k],
                                         (size_t)(start[k + 1] - start[k]));
        if (!shapes[k]) {
            fprintf(stderr, "geos_loop: shape %zu is no WKB\n", k);
            return 2;
        }
    }
    free(wkb);
    measure = allocate((size_t)pairs, sizeof *measure);
    seconds = allocate((size_t)pairs, sizeof *seconds);

    int threads = atoi(argv[2]);
    pthread_t *others = allocate((size_t)threads, sizeof *others);
    double begin = now();
    for (int k = 1; k < threads; k++)
        pthread_create(&others[k], NULL, work, NULL);
    work(NULL);
    for (int k = 1; k < threads; k++)
        pthread_join(others[k], NULL);
    printf("%.6f\n", now() - begin);

    file = fopen(argv[3], "wb");
    if (!file || fwrite(measure, sizeof *measure, (size_t)pairs, file) != (size_t)pairs ||
        fwrite(seconds, sizeof *seconds, (size_t)pairs, file) != (size_t)pairs || fclose(file)) {
        fprintf(stderr, "geos_loop: the answers could not be written\n");
        return 2;
    }
    return 0;
}
