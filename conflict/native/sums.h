/* The sum over pairs of strips, and how pairs of edges meet. */
#ifndef BLUEPRINT_SUMS_H
#define BLUEPRINT_SUMS_H

#include "edges.h"
#include "signs.h"

typedef struct {
    double area, size; /* the sum, and the sum of what was added whatever its sign */
    int contacts;
} Sum;

static inline void add_strips(const Strip *a, const Strip *b, Sum *sum)
{
    double lo = a->x1 > b->x1 ? a->x1 : b->x1, hi = a->x2 < b->x2 ? a->x2 : b->x2, w = hi - lo;
    if (w <= 0)
        return;
    double a0 = a->y1 + (lo - a->x1) * a->slope, a1 = a->y1 + (hi - a->x1) * a->slope;
    double b0 = b->y1 + (lo - b->x1) * b->slope, b1 = b->y1 + (hi - b->x1) * b->slope;
    double d0 = a0 - b0, d1 = a1 - b1, apart;
    if ((d0 >= 0) == (d1 >= 0))
        apart = fabs(d0 + d1);
    else
        apart = (d0 * d0 + d1 * d1) / (fabs(d0) + fabs(d1));
    double term = w * (((a0 + a1) + (b0 + b1)) - apart) * 0.25;
    sum->area += a->sign == b->sign ? term : -term;
    sum->size += term;
}

/* Whether c, not on the line a → b, lies within a step of the grid beside the edge. */
static inline int beside(const double *a, const double *b, const double *c, double det)
{
    double dx = b[0] - a[0], dy = b[1] - a[1], length2 = dx * dx + dy * dy;
    double along = (c[0] - a[0]) * dx + (c[1] - a[1]) * dy;
    if (det * det > NEAR_M * NEAR_M * length2)
        return 0;
    double reach = NEAR_M * sqrt(length2);
    return along >= -reach && along <= length2 + reach;
}

static inline int on_span(const Edge *e, const double *c)
{
    return c[0] >= e->minx && c[0] <= e->maxx && c[1] >= e->miny && c[1] <= e->maxy;
}

static inline void meet_edges(const Edge *a, const Edge *b, Sum *sum)
{
    double d1, d2, d3, d4;
    if (a->miny > b->maxy + NEAR_M || b->miny > a->maxy + NEAR_M || a->minx > b->maxx + NEAR_M ||
        b->minx > a->maxx + NEAR_M)
        return;
    int s1 = side(a->a, a->b, b->a, &d1), s2 = side(a->a, a->b, b->b, &d2);
    int s3 = side(b->a, b->b, a->a, &d3), s4 = side(b->a, b->b, a->b, &d4);
    if (s1 * s2 < 0 && s3 * s4 < 0) {
        sum->contacts |= CROSS;
        return;
    }
    if ((s1 == 0 && on_span(a, b->a)) || (s2 == 0 && on_span(a, b->b)) ||
        (s3 == 0 && on_span(b, a->a)) || (s4 == 0 && on_span(b, a->b)))
        sum->contacts |= TOUCH;
    if ((s1 && beside(a->a, a->b, b->a, d1)) || (s2 && beside(a->a, a->b, b->b, d2)) ||
        (s3 && beside(b->a, b->b, a->a, d3)) || (s4 && beside(b->a, b->b, a->b, d4)))
        sum->contacts |= NEAR;
}

static int by_start(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b; /* both structs begin with their x */
    return (x > y) - (x < y);
}

static int by_start_of(const void *a, const void *b)
{
    return by_start(*(void *const *)a, *(void *const *)b);
}

/* Pointers to the items of a list by where they start: dealt out to as many places as there are
   items, evenly, and put in order at each. */
static int put_in_order(const Vec *items, size_t size, Vec *order, Vec *counts)
{
    int64_t n = items->length, from = 0;
    const char *data = items->data;
    double low = INFINITY, high = -INFINITY;
    if (reserve(order, n, sizeof(void *)) || reserve(counts, n + 1, sizeof(int64_t)))
        return -1;
    const void **out = order->data;
    int64_t *count = counts->data;
    for (int64_t k = 0; k < n; k++) {
        double x = *(const double *)(data + (size_t)k * size);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    double per = high > low ? (double)(n - 1) / (high - low) : 0;
#define PLACE_OF(X) \
    (((X) - low) * per > 0 ? ((X) - low) * per < (double)(n - 1) ? (int64_t)(((X) - low) * per) \
                                                                 : n - 1 \
                           : 0)
    memset(count, 0, (size_t)(n + 1) * sizeof *count);
    for (int64_t k = 0; k < n; k++)
        count[PLACE_OF(*(const double *)(data + (size_t)k * size)) + 1]++;
    for (int64_t k = 0; k < n; k++)
        count[k + 1] += count[k];
    for (int64_t k = 0; k < n; k++) {
        const char *item = data + (size_t)k * size;
        out[count[PLACE_OF(*(const double *)item)]++] = item;
    }
#undef PLACE_OF
    for (int64_t place = 0; place < n; from = count[place++])
        if (count[place] - from > 1)
            qsort(out + from, (size_t)(count[place] - from), sizeof *out, by_start_of);
    return 0;
}

/* Visit every pair of two lists whose x-ranges meet: each with each, or, where there are many, a line
   that sweeps over both. */
#define EACH_PAIR(LISTS, TYPE, START, END, MARGIN, VISIT)                                         \
    do {                                                                                          \
        TYPE *list[2] = {(LISTS)[0].data, (LISTS)[1].data};                                       \
        int64_t n[2] = {(LISTS)[0].length, (LISTS)[1].length}, at[2] = {0, 0};                    \
        if (n[0] * n[1] <= BRUTE) {                                                               \
            for (int64_t i = 0; i < n[0]; i++)                                                    \
                for (int64_t j = 0; j < n[1]; j++)                                                \
                    VISIT(&list[0][i], &list[1][j], sum);                                         \
            return 0;                                                                             \
        }                                                                                         \
        TYPE **next[2];                                                                           \
        for (int k = 0; k < 2; k++) {                                                             \
            if (put_in_order(&(LISTS)[k], sizeof(TYPE), &scratch->order[k], &scratch->counts))    \
                return -1;                                                                        \
            next[k] = scratch->order[k].data;                                                     \
            scratch->active[k].length = 0;                                                        \
        }                                                                                         \
        while (at[0] < n[0] || at[1] < n[1]) {                                                    \
            int k = at[0] >= n[0] ||                                                              \
                    (at[1] < n[1] && next[1][at[1]]->START < next[0][at[0]]->START);              \
            TYPE *new = next[k][at[k]++];                                                         \
            Vec *others = &scratch->active[1 - k];                                                \
            TYPE **open = others->data;                                                           \
            int64_t kept = 0;                                                                     \
            for (int64_t m = 0; m < others->length; m++) {                                        \
                if (open[m]->END + MARGIN < new->START)                                           \
                    continue;                                                                     \
                open[kept++] = open[m];                                                           \
                if (k == 0)                                                                       \
                    VISIT(new, open[m], sum);                                                     \
                else                                                                              \
                    VISIT(open[m], new, sum);                                                     \
            }                                                                                     \
            others->length = kept;                                                                \
            TYPE **slot = grow(&scratch->active[k], sizeof(void *));                              \
            if (slot == NULL)                                                                     \
                return -1;                                                                        \
            *slot = new;                                                                          \
        }                                                                                         \
        return 0;                                                                                 \
    } while (0)

static int sum_strips(Scratch *scratch, Sum *sum)
{
    EACH_PAIR(scratch->strips, Strip, x1, x2, 0, add_strips);
}

static int find_contacts(Scratch *scratch, Sum *sum)
{
    EACH_PAIR(scratch->edges, Edge, minx, maxx, NEAR_M, meet_edges);
}

#endif
