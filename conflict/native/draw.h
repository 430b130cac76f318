/* What a pair shares, drawn where its boundaries cross properly and stay clear of each other else. */
#ifndef BLUEPRINT_DRAW_H
#define BLUEPRINT_DRAW_H

#include "describe.h"
#include "lengths.h"

/* Rings are walked with their ground to the right, lines as they run. Where the left one goes into
   the right one, the outline of what they share follows the left one up to where it goes out, then
   the right one up to where that goes out, and so on until it is closed. Rings that cross nothing
   belong to it as they are when they lie in the other one. */

typedef struct {
    const double *start; /* of the edge */
    double at;           /* where on it, as a share */
    int64_t crossing, ring, first, last; /* of which crossing; the stops on its ring */
} Stop;

typedef struct {
    double x, y;
    int64_t stop[2]; /* its place among the stops of the left one, of the right one */
    int enters, used;
} Crossing;

typedef struct {
    Vec stops[2], crossings, xy, rings;
    int left_way, open, failed; /* open: left to GEOS */
} Drawing;

static void drawing_free(Drawing *d)
{
    free(d->stops[0].data);
    free(d->stops[1].data);
    free(d->crossings.data);
    free(d->xy.data);
    free(d->rings.data);
}

static void note_crossing(const Edge *a, const Edge *b, Drawing *sum)
{
    Sum found = {0, 0, 0};
    double d1, d2, d3, d4;
    if (sum->open) /* what is left to GEOS need not be known in full */
        return;
    meet_edges(a, b, &found);
    if (found.contacts == 0)
        return;
    double wide = fmax(a->maxx, b->maxx) - fmin(a->minx, b->minx);
    double high = fmax(a->maxy, b->maxy) - fmin(a->miny, b->miny);
    side(a->a, a->b, b->a, &d1);
    side(a->a, a->b, b->b, &d2);
    side(b->a, b->b, a->a, &d3);
    int into = side(b->a, b->b, a->b, &d4) == b->sign;
    double base = fmin(fabs(d3 - d4), fabs(d1 - d2));
    if (found.contacts != CROSS ||
        !(8 * DBL_EPSILON * wide * high * (wide + high) < EXACT_M * base)) {
        sum->open = 1;
        return;
    }
    double at = fabs(d3) / fabs(d3 - d4);
    int64_t number = sum->crossings.length;
    Crossing *c = grow(&sum->crossings, sizeof *c);
    Stop *s = grow(&sum->stops[0], sizeof *s), *t = grow(&sum->stops[1], sizeof *t);
    if (c == NULL || s == NULL || t == NULL) {
        sum->failed = 1;
        return;
    }
    *c = (Crossing){a->a[0] + at * (a->b[0] - a->a[0]), a->a[1] + at * (a->b[1] - a->a[1]), {0, 0},
                    into == (sum->left_way * a->sign > 0), 0};
    *s = (Stop){a->a, at, number, 0, 0, 0};
    *t = (Stop){b->a, fabs(d1) / fabs(d1 - d2), number, 0, 0, 0};
}

/* Whether rings of one side touch each other: what is shared may fall apart there. */
static int rings_touch(Vec *edges)
{
    Edge *list = edges->data;
    int64_t rings = 0, n = edges->length;
    Sum found = {0, 0, 0};
    for (int64_t k = 1; k < n; k++)
        rings += list[k].ring != list[0].ring;
    if (rings == 0)
        return 0;
    qsort(list, (size_t)n, sizeof(Edge), by_start);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n && list[j].minx <= list[i].maxx + NEAR_M; j++)
            if (list[i].ring != list[j].ring)
                meet_edges(&list[i], &list[j], &found);
    return found.contacts != 0;
}

static int find_stops(Scratch *scratch, Drawing *sum)
{
    EACH_PAIR(scratch->edges, Edge, minx, maxx, NEAR_M, note_crossing);
}

static int by_place(const void *a, const void *b)
{
    const Stop *p = a, *q = b;
    if (p->start != q->start)
        return (p->start > q->start) - (p->start < q->start);
    return (p->at > q->at) - (p->at < q->at);
}

/* Put the stops of one side in order, ring by ring; open when two are too near to tell. */
static void order_stops(Drawing *d, int of, const Flat *f, int64_t row)
{
    Stop *list = d->stops[of].data;
    int64_t n = d->stops[of].length, r = f->part[f->feature[row]];
    if (n > 1)
        qsort(list, (size_t)n, sizeof(Stop), by_place);
    for (int64_t k = 0, from = 0; k < n; k++) {
        const double *p = list[k].start;
        while (p >= f->xy + 2 * f->ring[r + 1])
            r++;
        list[k].ring = r;
        ((Crossing *)d->crossings.data)[list[k].crossing].stop[of] = k;
        if (k > 0 && list[k - 1].start == p) {
            double reach = (list[k].at - list[k - 1].at) * (fabs(p[2] - p[0]) + fabs(p[3] - p[1]));
            if (!(reach > NEAR_M))
                d->open = 1;
        }
        if (k + 1 == n || list[k + 1].start >= f->xy + 2 * f->ring[r + 1]) {
            for (int64_t m = from; m <= k; m++) {
                list[m].first = from;
                list[m].last = k;
            }
            from = k + 1;
        }
    }
}

/* One more corner, unless the last one of this path is the same. */
static void put(Drawing *d, int64_t start, double x, double y)
{
    if (d->xy.length > start) {
        const double *last = (double *)d->xy.data + 2 * (d->xy.length - 1);
        if (last[0] == x && last[1] == y)
            return;
    }
    double *slot = grow(&d->xy, 2 * sizeof(double));
    if (slot == NULL) {
        d->failed = 1;
        return;
    }
    slot[0] = x;
    slot[1] = y;
}

static void end_path(Drawing *d)
{
    int64_t *slot = grow(&d->rings, sizeof *slot);
    if (slot == NULL)
        d->failed = 1;
    else
        *slot = d->xy.length;
}

/* The corners of a ring from one stop on it to another, `way` 1 as it runs or -1. */
static void walk(Drawing *d, int64_t begun, const Flat *f, const Stop *from, const Stop *to, int way)
{
    int64_t first = f->ring[from->ring], last = f->ring[from->ring + 1] - 1;
    int64_t e = (from->start - f->xy) / 2, goal = (to->start - f->xy) / 2;
    if (e == goal && (to->at - from->at) * way > 0)
        return;
    do {
        e += way;
        if (e == last)
            e = first;
        else if (e < first)
            e = last - 1;
        const double *corner = f->xy + 2 * (way > 0 ? e : e + 1);
        put(d, begun, corner[0], corner[1]);
    } while (e != goal);
}

/* Go from crossing `at` along one side to the next one on it, which is given back. */
static int64_t follow(Drawing *d, int64_t begun, const Flat *f, int of, int64_t at)
{
    const Stop *list = d->stops[of].data;
    const Crossing *c = (Crossing *)d->crossings.data + at;
    int64_t k = c->stop[of], next;
    int way = -f->sign[list[k].ring];
    next = k + way;
    if (next > list[k].last)
        next = list[k].first;
    else if (next < list[k].first)
        next = list[k].last;
    put(d, begun, c->x, c->y);
    walk(d, begun, f, &list[k], &list[next], way);
    return list[next].crossing;
}

static void trace(Drawing *d, const Flat *a, const Flat *b)
{
    Crossing *list = d->crossings.data;
    for (int64_t k = 0; k < d->crossings.length && !d->open && !d->failed; k++) {
        int64_t begun = d->xy.length, at = k;
        if (!list[k].enters || list[k].used)
            continue;
        do {
            list[at].used = 1;
            int64_t out = follow(d, begun, a, 0, at);
            if (list[out].enters || list[out].used) {
                d->open = 1;
                return;
            }
            list[out].used = 1;
            at = follow(d, begun, b, 1, out);
            if (!list[at].enters || (list[at].used && at != k)) {
                d->open = 1;
                return;
            }
        } while (at != k && !d->failed);
        put(d, begun, list[k].x, list[k].y);
        end_path(d);
    }
}

/* The rings of one side that cross nothing and lie in the other one. */
static void add_whole_rings(Drawing *d, int of, const Flat *f, int64_t row, const Flat *g, int64_t in)
{
    const Stop *stop = d->stops[of].data, *end = stop + d->stops[of].length;
    int64_t from = f->part[f->feature[row]], to = f->part[f->feature[row + 1]];
    for (int64_t r = from; r < to && !d->open && !d->failed; r++) {
        int64_t first = f->ring[r], last = f->ring[r + 1] - 1, begun = d->xy.length;
        int crosses = 0, in_other;
        for (; stop < end && stop->ring == r; stop++)
            crosses = 1;
        if (crosses || (in_other = locate(g, in, f->xy + 2 * first)) == 0)
            continue;
        if (in_other < 0)
            d->open = 1;
        for (int64_t k = first; k <= last; k++) {
            const double *corner = f->xy + 2 * (f->sign[r] < 0 ? k : first + last - k);
            put(d, begun, corner[0], corner[1]);
        }
        end_path(d);
    }
}

/* The pieces of a line between its stops that lie inside. */
static void add_pieces(Drawing *d, const Flat *f, int64_t row, const Flat *g, int64_t in)
{
    const Stop *stop = d->stops[0].data, *end = stop + d->stops[0].length;
    const Crossing *crossings = d->crossings.data;
    int64_t from = f->part[f->feature[row]], to = f->part[f->feature[row + 1]];
    for (int64_t r = from; r < to && !d->open && !d->failed; r++) {
        int64_t k = f->ring[r], last = f->ring[r + 1] - 1, begun = d->xy.length;
        int inside = locate(g, in, f->xy + 2 * k);
        if (inside < 0)
            d->open = 1;
        for (;; stop++) {
            int here = stop < end && stop->ring == r;
            int64_t until = here ? (stop->start - f->xy) / 2 : last;
            if (inside)
                for (; k <= until; k++)
                    put(d, begun, f->xy[2 * k], f->xy[2 * k + 1]);
            if (!here)
                break;
            const Crossing *c = crossings + stop->crossing;
            if (c->enters == inside)
                d->open = 1;
            put(d, begun, c->x, c->y);
            if (inside) {
                end_path(d);
                begun = d->xy.length;
            }
            k = until + 1;
            inside = !inside;
        }
        if (inside)
            end_path(d);
    }
}

static void copy_path(const Drawing *d, int64_t number, Vec *xy, Vec *rings, int *failed)
{
    const int64_t *ends = d->rings.data;
    const double *from = d->xy.data;
    for (int64_t k = number ? ends[number - 1] : 0; k < ends[number]; k++) {
        double *slot = grow(xy, 2 * sizeof(double));
        if (slot == NULL) {
            *failed = 1;
            return;
        }
        slot[0] = from[2 * k];
        slot[1] = from[2 * k + 1];
    }
    int64_t *slot = grow(rings, sizeof *slot);
    if (slot == NULL)
        *failed = 1;
    else
        *slot = xy->length;
}

static int end_part(Vec *parts, const Vec *rings)
{
    int64_t *slot = grow(parts, sizeof *slot);
    if (slot == NULL)
        return -1;
    *slot = rings->length;
    return 0;
}

/* Write polygons; nothing when it takes more than a look to tell which hole is whose. */
static int write_polygons(const Drawing *d, Vec *xy, Vec *rings, Vec *parts)
{
    const int64_t *ends = d->rings.data;
    int64_t shells = 0, holes = 0, n = d->rings.length;
    int failed = 0;
    for (int64_t r = 0; r < n; r++) {
        int64_t start = r ? ends[r - 1] : 0;
        double area = ring_area(d->xy.data, start, ends[r]);
        if (ends[r] - start < 4 || area == 0)
            return 0;
        shells += area > 0; /* clockwise */
        holes += area < 0;
    }
    if (shells == 0 || (shells > 1 && holes > 0))
        return 0;
    for (int want_holes = 0; want_holes < 2; want_holes++)
        for (int64_t r = 0; r < n && !failed; r++) {
            if ((ring_area(d->xy.data, r ? ends[r - 1] : 0, ends[r]) < 0) != want_holes)
                continue;
            copy_path(d, r, xy, rings, &failed);
            if (holes == 0)
                failed |= end_part(parts, rings);
        }
    if (holes)
        failed |= end_part(parts, rings);
    return failed ? -1 : 0;
}

/* Draw a pair into the arrays of a result; nothing is written for one that is left to GEOS. */
static int draw_pair(const Flat *a, int64_t i, const Flat *b, int64_t j, Scratch *scratch,
                     Drawing *d, Vec *xy, Vec *rings, Vec *parts)
{
    const double *p = a->boxes + 4 * i, *q = b->boxes + 4 * j;
    double box[4] = {fmax(p[0], q[0]), fmax(p[1], q[1]), fmin(p[2], q[2]), fmin(p[3], q[3])};
    int failed = 0, line = a->dimension[i] == 1;
    d->stops[0].length = d->stops[1].length = d->crossings.length = 0;
    d->xy.length = d->rings.length = 0;
    d->open = d->failed = 0;
    d->left_way = line ? 1 : -1; /* times the sign of its ring */
    if (a->dimension[i] == 0 || b->dimension[j] != 2 || !(box[0] <= box[2] && box[1] <= box[3]))
        return 0;
    /* two giants all but surely touch somewhere: not worth the search */
    if (corners_of(a, i) > MANY && corners_of(b, j) > MANY && most_near(a, i, box) > MANY &&
        most_near(b, j, box) > MANY)
        return 0;
    if (collect(a, i, box, NULL, &scratch->edges[0]) ||
        collect(b, j, box, NULL, &scratch->edges[1]))
        return -1;
    if (find_stops(scratch, d) || d->failed)
        return -1;
    if (d->open || (line && doubles_back(&scratch->edges[0])) ||
        (!line && (rings_touch(&scratch->edges[0]) || rings_touch(&scratch->edges[1]))))
        return 0;
    order_stops(d, 0, a, i);
    order_stops(d, 1, b, j);
    if (d->open)
        return 0;
    if (line) {
        add_pieces(d, a, i, b, j);
    } else {
        trace(d, a, b);
        add_whole_rings(d, 0, a, i, b, j);
        add_whole_rings(d, 1, b, j, a, i);
    }
    if (d->open || d->failed)
        return d->failed ? -1 : 0;
    if (!line)
        return write_polygons(d, xy, rings, parts);
    for (int64_t r = 0; r < d->rings.length && !failed; r++) {
        copy_path(d, r, xy, rings, &failed);
        failed |= end_part(parts, rings);
    }
    return failed ? -1 : 0;
}

#endif
