/* The length of a line inside a polygon, where it crosses the boundary properly. */
#ifndef BLUEPRINT_LENGTHS_H
#define BLUEPRINT_LENGTHS_H

#include "points.h"
#include "sums.h"

/* Edge a of a line and edge b of a polygon: where a goes in or out, as a share of a. */
static inline void cross_edges(Edge *a, const Edge *b, Sum *sum)
{
    double d[4];
    int found = contact(a, b, d);
    sum->contacts |= found;
    if (found != CROSS)
        return;
    /* the areas are off by their rounding: where a crosses is then known to so much of it */
    double wide = fmax(a->maxx, b->maxx) - fmin(a->minx, b->minx);
    double high = fmax(a->maxy, b->maxy) - fmin(a->miny, b->miny), base = fabs(d[2] - d[3]);
    double length = fmax(a->maxx - a->minx, a->maxy - a->miny);
    if (!(8 * DBL_EPSILON * wide * high * length < EXACT_M * base)) {
        sum->contacts |= NEAR;
        return;
    }
    int way = (d[3] > d[2]) == (b->sign > 0) ? 1 : -1; /* whether it ends on the side of the ground */
    a->turn += way;
    a->along += way * (fabs(d[2]) / base);
}

static int find_crossings(Scratch *scratch, Sum *sum)
{
    EACH_PAIR(scratch->edges, Edge, minx, maxx, NEAR_M, cross_edges);
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
