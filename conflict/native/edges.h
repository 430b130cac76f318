/* The edges of a feature near a box, and the strips of ground under them. */
#ifndef BLUEPRINT_EDGES_H
#define BLUEPRINT_EDGES_H

#include "flat.h"

typedef struct {
    double x1, x2, y1, slope, y2;
    int sign;
} Strip; /* the ground under a piece of an edge, from the box's corner */

typedef struct {
    double minx, maxx, miny, maxy;
    const double *a, *b;
    int64_t ring;
    int sign;     /* of its ring: 1 where the ground lies to its left */
    int turn;     /* how often a line's edge enters the polygon, less how often it leaves */
    double along; /* the sum of where it does, as shares of the edge, with the same signs */
} Edge;

typedef struct {
    Vec strips[2], edges[2], order[2], active[2], counts;
} Scratch;

static void scratch_free(Scratch *s)
{
    for (int k = 0; k < 2; k++) {
        free(s->strips[k].data);
        free(s->edges[k].data);
        free(s->order[k].data);
        free(s->active[k].data);
    }
    free(s->counts.data);
}

static int add_strip(Vec *strips, double x1, double y1, double x2, double y2, int sign)
{
    Strip *s;
    if (x2 <= x1 || strips == NULL)
        return 0;
    if ((s = grow(strips, sizeof(Strip))) == NULL)
        return -1;
    *s = (Strip){x1, x2, y1, (y2 - y1) / (x2 - x1), y2, sign};
    return 0;
}

/* The strips under one edge, clipped to the box 0..w, 0..h. */
static int clip_edge(Vec *strips, double ax, double ay, double bx, double by, double w, double h,
                     int sign)
{
    double x1 = ax, y1 = ay, x2 = bx, y2 = by, xs[4], ys[4];
    int n = 0;
    if (x1 == x2)
        return 0;
    if (x1 > x2) {
        x1 = bx, y1 = by, x2 = ax, y2 = ay;
    } else {
        sign = -sign;
    }
    if (x2 <= 0 || x1 >= w)
        return 0;
    {
        double slope = (y2 - y1) / (x2 - x1), u1 = x1, v1 = y1, u2 = x2, v2 = y2;
        if (x1 < 0) {
            u1 = 0;
            v1 = y1 - x1 * slope;
        }
        if (x2 > w) {
            u2 = w;
            v2 = y1 + (w - x1) * slope;
        }
        x1 = u1, y1 = v1, x2 = u2, y2 = v2;
    }
    if ((y1 <= 0 && y2 <= 0) || x1 >= x2)
        return 0;
    if (y1 >= h && y2 >= h)
        return add_strip(strips, x1, h, x2, h, sign);
    if (y1 >= 0 && y2 >= 0 && y1 <= h && y2 <= h)
        return add_strip(strips, x1, y1, x2, y2, sign);
    /* it crosses the floor, the ceiling, or both: cut there, in the order of x */
    xs[n] = x1, ys[n++] = y1;
    {
        double run = (x2 - x1) / (y2 - y1);
        double floor_x = x1 - y1 * run, ceiling_x = x1 + (h - y1) * run;
        int floor_cut = (y1 < 0) != (y2 < 0), ceiling_cut = (y1 > h) != (y2 > h);
        floor_x = fmin(fmax(floor_x, x1), x2);
        ceiling_x = fmin(fmax(ceiling_x, x1), x2);
        if (y1 < y2) {
            if (floor_cut)
                xs[n] = floor_x, ys[n++] = 0;
            if (ceiling_cut)
                xs[n] = ceiling_x, ys[n++] = h;
        } else {
            if (ceiling_cut)
                xs[n] = ceiling_x, ys[n++] = h;
            if (floor_cut)
                xs[n] = floor_x, ys[n++] = 0;
        }
    }
    xs[n] = x2, ys[n++] = y2;
    for (int k = 0; k + 1 < n; k++) {
        double v1 = fmin(fmax(ys[k], 0), h), v2 = fmin(fmax(ys[k + 1], 0), h);
        if (v1 <= 0 && v2 <= 0)
            continue;
        if (add_strip(strips, xs[k], v1, xs[k + 1], v2, sign))
            return -1;
    }
    return 0;
}

typedef struct {
    double box[4]; /* what the pair has in common */
    double near[4]; /* the same, a step of the grid wider */
    double w, h;
    Vec *strips, *edges;
    int64_t ring;
    int sign, above;
    double from; /* where the run of edges above the box began, from its corner */
    double to;
} Collector;

static int cover_run(Collector *c)
{
    int sign = c->sign;
    double a = fmin(fmax(c->from, 0), c->w), b = fmin(fmax(c->to, 0), c->w);
    c->above = 0;
    if (a < b)
        return add_strip(c->strips, a, c->h, b, c->h, -sign);
    return add_strip(c->strips, b, c->h, a, c->h, sign);
}

static inline int end_run(Collector *c)
{
    return c->above ? cover_run(c) : 0;
}

/* Edges from `first` to `last` that all lie on some side of the box: passed in one step. Whether they
   do. What lies above it covers what it runs over. */
static inline int pass(Collector *c, int side, const double *first, const double *last, int *failed)
{
    if (side & (WEST | EAST | SOUTH)) {
        *failed |= end_run(c);
    } else if (side & NORTH) {
        if (!c->above) {
            c->above = 1;
            c->from = first[0] - c->box[0];
        }
        c->to = last[0] - c->box[0];
    }
    return side;
}

static int take_edges(Collector *c, const double *xy, int64_t start, int64_t stop)
{
    const double *b = c->box, *p = xy + 2 * start;
    int at_p, at_q, failed = 0;
    if (start >= stop)
        return 0;
    at_p = outside(p, p, c->near);
    for (const double *q = p + 2; q <= xy + 2 * stop; p = q, at_p = at_q, q += 2) {
        at_q = outside(q, q, c->near);
        if (pass(c, at_p & at_q, p, q, &failed))
            continue;
        if (failed || end_run(c))
            return -1;
        if (p[0] == q[0] && p[1] == q[1])
            continue;
        if (c->edges != NULL) {
            Edge *e = grow(c->edges, sizeof(Edge));
            if (e == NULL)
                return -1;
            *e = (Edge){p[0] < q[0] ? p[0] : q[0], p[0] < q[0] ? q[0] : p[0],
                        p[1] < q[1] ? p[1] : q[1], p[1] < q[1] ? q[1] : p[1],
                        p, q, c->ring, c->sign, 0, 0};
        }
        if (c->strips != NULL &&
            clip_edge(c->strips, p[0] - b[0], p[1] - b[1], q[0] - b[0], q[1] - b[1],
                      c->w, c->h, c->sign))
            return -1;
    }
    return failed ? -1 : 0;
}

/* The edges of one ring, block by block, whole groups of blocks at a time where they lie outside. */
static int take_ring(Collector *c, const Flat *f, int64_t r)
{
    int64_t first = f->ring[r], last = f->ring[r + 1] - 1;
    int64_t blocks = f->block[r + 1] - f->block[r];
    int failed = 0;
    c->ring = r;
    c->sign = f->sign[r];
    if (blocks == 0 && take_edges(c, f->xy, first, last))
        return -1;
    for (int64_t b = 0; b < blocks; b++) {
        if (b % BLOCK == 0) {
            int64_t after = b + BLOCK < blocks ? b + BLOCK : blocks;
            int64_t end = first + after * BLOCK;
            const double *box = f->group_box + 4 * (f->group[r] + b / BLOCK);
            if (end > last)
                end = last;
            if (pass(c, outside(box, box + 2, c->near), f->xy + 2 * (first + b * BLOCK),
                     f->xy + 2 * end, &failed)) {
                b = after - 1;
                continue;
            }
        }
        int64_t from = first + b * BLOCK, to = from + BLOCK < last ? from + BLOCK : last;
        const double *box = f->block_box + 4 * (f->block[r] + b);
        if (pass(c, outside(box, box + 2, c->near), f->xy + 2 * from, f->xy + 2 * to, &failed))
            continue;
        if (take_edges(c, f->xy, from, to))
            return -1;
    }
    failed |= end_run(c);
    return failed ? -1 : 0;
}

/* The edges of feature `row` near the box, and the strips under all that matters in it; neither where
   it is NULL. */
static int collect(const Flat *f, int64_t row, const double *box, Vec *strips, Vec *edges)
{
    Collector c = {{box[0], box[1], box[2], box[3]},
                   {box[0] - NEAR_M, box[1] - NEAR_M, box[2] + NEAR_M, box[3] + NEAR_M},
                   box[2] - box[0], box[3] - box[1], strips, edges, 0, 1, 0, 0, 0};
    if (edges != NULL)
        edges->length = 0;
    if (strips != NULL)
        strips->length = 0;
    int64_t to = f->part[f->feature[row + 1]];
    for (int64_t r = f->part[f->feature[row]]; r < to; r++) {
        r = next_ring(f, r, to, c.near);
        if (r < to && take_ring(&c, f, r))
            return -1;
    }
    return 0;
}

/* At most so many edges of feature `row` lie near the box: told by blocks, none is looked at. */
static int64_t most_near(const Flat *f, int64_t row, const double *box)
{
    int64_t count = 0;
    for (int64_t r = f->part[f->feature[row]]; r < f->part[f->feature[row + 1]]; r++) {
        if (f->block[r] == f->block[r + 1])
            count += f->ring[r + 1] - f->ring[r];
        for (int64_t b = f->block[r]; b < f->block[r + 1]; b++) {
            const double *around = f->block_box + 4 * b;
            count += around[2] >= box[0] - NEAR_M && around[0] <= box[2] + NEAR_M &&
                             around[3] >= box[1] - NEAR_M && around[1] <= box[3] + NEAR_M
                         ? BLOCK
                         : 0;
        }
    }
    return count;
}

#endif
