/* The length of a line inside a polygon, where it crosses the boundary properly. */
#ifndef BLUEPRINT_LENGTHS_H
#define BLUEPRINT_LENGTHS_H

#include "points.h"
#include "sums.h"

/* Edge a of a line and edge b of a polygon: where a goes in or out, as a share of a. `size` sums up
   how far that may be off for rounding, in metres. */
static inline void cross_edges(Edge *a, const Edge *b, Sum *sum)
{
    double d1, d2, d3, d4;
    if (a->miny > b->maxy || b->miny > a->maxy || a->minx > b->maxx || b->minx > a->maxx)
        return;
    int s1 = side(a->a, a->b, b->a, &d1), s2 = side(a->a, a->b, b->b, &d2);
    int s3 = side(b->a, b->b, a->a, &d3), s4 = side(b->a, b->b, a->b, &d4);
    if ((s1 == 0 && on_span(a, b->a)) || (s2 == 0 && on_span(a, b->b)) ||
        (s3 == 0 && on_span(b, a->a)) || (s4 == 0 && on_span(b, a->b)))
        sum->contacts |= TOUCH;
    if (!(s1 * s2 < 0 && s3 * s4 < 0))
        return;
    double wide = fmax(a->maxx, b->maxx) - fmin(a->minx, b->minx);
    double high = fmax(a->maxy, b->maxy) - fmin(a->miny, b->miny);
    double length = a->maxx - a->minx + a->maxy - a->miny, base = fabs(d3 - d4);
    int way = s4 == b->sign ? 1 : -1; /* it ends on the side of the ground */
    sum->contacts |= CROSS;
    sum->size += 8 * DBL_EPSILON * wide * high * length / base; /* NaN or infinite: not known */
    a->turn += way;
    a->along += way * (fabs(d3) / base);
}

static int find_crossings(Scratch *scratch, Sum *sum)
{
    EACH_PAIR(scratch->edges, Edge, minx, maxx, 0, cross_edges);
}

static int by_path(const void *a, const void *b)
{
    const double *p = ((const Edge *)a)->a, *q = ((const Edge *)b)->a;
    return (p > q) - (p < q); /* all edges of a feature lie in one array, in order */
}

/* Whether two edges of one line run over the same ground: it counts once. */
static int run_together(const Edge *a, const Edge *b)
{
    double d;
    if (a->maxx < b->minx || b->maxx < a->minx || a->maxy < b->miny || b->maxy < a->miny)
        return 0;
    if (side(a->a, a->b, b->a, &d) || side(a->a, a->b, b->b, &d))
        return 0;
    return (fmin(a->maxx, b->maxx) > fmax(a->minx, b->minx)) ||
           (fmin(a->maxy, b->maxy) > fmax(a->miny, b->miny));
}

/* Whether a line doubles back on itself; its edges are sorted by where they begin. */
static int doubles_back(Vec *edges)
{
    Edge *list = edges->data;
    qsort(list, (size_t)edges->length, sizeof(Edge), by_start);
    for (int64_t i = 0; i < edges->length; i++)
        for (int64_t j = i + 1; j < edges->length && list[j].minx <= list[i].maxx; j++)
            if (run_together(&list[i], &list[j]))
                return 1;
    return 0;
}

/* The length of the edges of a line inside feature `in` of g, once `find_crossings` has been over
   them; negative where they contradict each other. What is not among the edges lies outside. */
static double length_inside(Vec *edges, const Flat *g, int64_t in)
{
    Edge *list = edges->data;
    double length = 0;
    int inside = 0;
    qsort(list, (size_t)edges->length, sizeof(Edge), by_path);
    for (int64_t k = 0; k < edges->length; k++) {
        const double *p = list[k].a, *q = list[k].b;
        if (k == 0 || p[0] != list[k - 1].b[0] || p[1] != list[k - 1].b[1])
            inside = locate(g, in, p);
        inside += list[k].turn;
        if (inside != 0 && inside != 1)
            return -1;
        double share = inside - list[k].along, dx = q[0] - p[0], dy = q[1] - p[1];
        if (share != 0)
            length += share * sqrt(dx * dx + dy * dy);
    }
    return length;
}

#endif
