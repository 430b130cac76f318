/* What one pair shares, and of which kind. */
#ifndef BLUEPRINT_SHARE_H
#define BLUEPRINT_SHARE_H

#include "lengths.h"
#include "raster.h"

#define BAND 4096     /* corners of two giants to a band */
#define CLEAR_M2 1e-3 /* an area that is off by more, and by more than */
#define CLEAR 1e-9    /* this share of what was summed up, is so beyond any rounding */

typedef struct {
    double measure;
    int kind;
} Shared;

/* Far from nothing and from all of either, beyond any rounding: how boundaries meet adds nothing. */
static int is_clear(const Sum *sum, double most)
{
    double clear = CLEAR_M2 + CLEAR * sum->size;
    return sum->area > clear && sum->area < most - clear;
}

/* What two giants share, band by band of what they have in common: above a band edges go in runs, and
   below it they are nothing, so that few strips lie over each other. */
static int sum_bands(const Flat *a, int64_t i, const Flat *b, int64_t j, const double *box,
                     Scratch *scratch, Sum *sum)
{
    int64_t bands = (corners_of(a, i) + corners_of(b, j)) / BAND + 1;
    double band[4] = {box[0], box[1], box[2], box[3]}, high = (box[3] - box[1]) / (double)bands;
    for (int64_t k = 0; k < bands; k++) {
        band[3] = k + 1 < bands ? box[1] + (double)(k + 1) * high : box[3];
        if (collect(a, i, band, &scratch->strips[0], NULL) ||
            collect(b, j, band, &scratch->strips[1], NULL) || sum_strips(scratch, sum))
            return -1;
        band[1] = band[3];
    }
    return 0;
}

static int share_polygons(const Flat *a, int64_t i, const Flat *b, int64_t j, Scratch *scratch,
                          Shared *out)
{
    const double *p = a->boxes + 4 * i, *q = b->boxes + 4 * j;
    double box[4] = {fmax(p[0], q[0]), fmax(p[1], q[1]), fmin(p[2], q[2]), fmin(p[3], q[3])};
    Sum sum = {0, 0, 0};
    *out = (Shared){0, APART};
    if (!(box[0] < box[2] && box[1] < box[3]))
        return 0;
    double most = fmin(a->sizes[i], b->sizes[j]);
    if (corners_of(a, i) >= LARGE && corners_of(b, j) >= LARGE) {
        if (sum_bands(a, i, b, j, box, scratch, &sum))
            return -1;
        if (is_clear(&sum, most)) {
            *out = (Shared){sum.area, CROSSING};
            return 0;
        }
        sum = (Sum){0, 0, 0};
    }
    if (collect(a, i, box, &scratch->strips[0], &scratch->edges[0]) ||
        collect(b, j, box, &scratch->strips[1], &scratch->edges[1]) || sum_strips(scratch, &sum))
        return -1;
    if (is_clear(&sum, most)) {
        *out = (Shared){sum.area, CROSSING};
        return 0;
    }
    if (find_contacts(scratch, &sum))
        return -1;
    if (sum.contacts == 0) { /* boundaries clear of each other */
        int64_t of_a, of_b, a_in = paths_inside(a, i, b, j, &of_a);
        int64_t b_in = paths_inside(b, j, a, i, &of_b);
        if (a_in == 0 && b_in == 0)
            return 0;
        if (a_in == of_a && b_in == 0) {
            *out = (Shared){a->sizes[i], LEFT_WITHIN};
            return 0;
        }
        if (b_in == of_b && a_in == 0) {
            *out = (Shared){b->sizes[j], RIGHT_WITHIN};
            return 0;
        }
    }
    double doubt = 16 * DBL_EPSILON * sum.size;
    if (sum.area > SURE_M2 && sum.area > doubt) {
        *out = (Shared){sum.area < most ? sum.area : most, CROSSING};
    } else if ((sum.contacts & (CROSS | NEAR)) || doubt + fabs(sum.area) > NOTHING_M2) {
        *out = (Shared){sum.area > 0 ? sum.area : 0, DOUBTFUL};
    }
    return 0;
}

/* A line: within when it stays clear of the boundary inside; measured where it crosses it properly.
   What touches the boundary, or runs over itself, GEOS measures. */
static int share_line(const Flat *a, int64_t i, const Flat *b, int64_t j, Scratch *scratch,
                      Shared *out)
{
    const double *p = a->boxes + 4 * i, *q = b->boxes + 4 * j;
    double box[4] = {fmax(p[0], q[0]), fmax(p[1], q[1]), fmin(p[2], q[2]), fmin(p[3], q[3])};
    Sum sum = {0, 0, 0};
    int64_t paths, inside;
    *out = (Shared){0, APART};
    if (!(box[0] <= box[2] && box[1] <= box[3]))
        return 0;
    if (collect(a, i, box, NULL, &scratch->edges[0]) ||
        collect(b, j, box, NULL, &scratch->edges[1]) || find_crossings(scratch, &sum))
        return -1;
    if (sum.contacts) {
        int clear = sum.contacts == CROSS && sum.size < EXACT_M && !doubles_back(&scratch->edges[0]);
        double length = clear ? length_inside(&scratch->edges[0], b, j) : -1;
        *out = length > SURE_M ? (Shared){fmin(length, a->sizes[i]), CROSSING}
                               : (Shared){0, DOUBTFUL};
        return 0;
    }
    inside = paths_inside(a, i, b, j, &paths);
    if (inside == paths)
        *out = (Shared){a->sizes[i], LEFT_WITHIN};
    else if (inside)
        out->kind = DOUBTFUL;
    return 0;
}

static void share_points(const Flat *a, int64_t i, const Flat *b, int64_t j, Shared *out)
{
    int64_t points, inside = paths_inside(a, i, b, j, &points); /* on the boundary counts */
    *out = (Shared){(double)inside, inside == 0 ? APART : inside == points ? LEFT_WITHIN : CROSSING};
}

static int share(const Flat *a, int64_t i, const Flat *b, int64_t j, Scratch *scratch, Shared *out)
{
    int right = clear_of(a, i, b->boxes + 4 * j), left = clear_of(b, j, a->boxes + 4 * i);
    if (right || left) {
        *out = right == INSIDE ? (Shared){b->sizes[j], RIGHT_WITHIN}
               : left == INSIDE ? (Shared){a->sizes[i], LEFT_WITHIN}
                                : (Shared){0, APART};
        return 0;
    }
    if (a->dimension[i] == 2)
        return share_polygons(a, i, b, j, scratch, out);
    if (a->dimension[i] == 1)
        return share_line(a, i, b, j, scratch, out);
    share_points(a, i, b, j, out);
    return 0;
}

#endif
