/* Areas shared by pairs of geometries without making a geometry, and windows of large ones.

   Data: `Flat`, a view of the arrays of conflict.shapes.Shapes (see there for names and shapes).
   All loops run without the interpreter's lock and touch no Python object.

   Area. The indicator of a polygon is the signed sum of the strips under its edges. The area that
   two polygons share is therefore the sum, over pairs of edges whose x-ranges meet, of the
   integral of the lower of the two, with the product of their signs. Nothing has to be noded, and
   edges that coincide or only touch need no case of their own. Coordinates are taken from the
   corner of the box that both have in common, and clipped to it.

   Kind. Whether a pair shares ground is never read off a sum alone. Edges near each other are
   compared by the exact sign of orientations: boundaries that stay clear of each other leave only
   "apart" or "within", which points decide; boundaries that touch at corners and along edges share
   ground of at least half a step of the grid squared or none. What is closer than that without
   touching, or smaller than SURE_M2, is doubtful: GEOS judges it.

   Exact signs: J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic and Fast Robust
   Geometric Predicates, 1997 (expansions). Compile without contraction to fused operations. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { APART = 0, LEFT_WITHIN = 1, RIGHT_WITHIN = 2, CROSSING = 3, DOUBTFUL = 4 };
enum { CROSS = 1, TOUCH = 2, NEAR = 4 };

#define NEAR_M 1e-4     /* one step of the store's grid */
#define SURE_M2 1e-6    /* a larger shared area is there beyond rounding */
#define NOTHING_M2 2e-9 /* less than the smallest polygon on the grid, 5e-9 m2 */
#define BLOCK 32        /* edges in a block, blocks in a group: as in conflict/shapes.py */
#define BRUTE 1024      /* pairs of edges that are compared without sorting */
#define FAN 16          /* children of a node: as in conflict/tree.py */
#define LEVELS 16

/* ── growing arrays ─────────────────────────────────────────────────────────────────────────── */

typedef struct {
    void *data;
    int64_t length, room;
} Vec;

/* Room for one more item of `size` bytes; NULL when there is no memory. */
static void *grow(Vec *v, size_t size)
{
    if (v->length == v->room) {
        int64_t room = v->room ? 2 * v->room : 64;
        void *data = realloc(v->data, (size_t)room * size);
        if (data == NULL)
            return NULL;
        v->data = data;
        v->room = room;
    }
    return (char *)v->data + (size_t)v->length++ * size;
}

/* ── the view of the arrays ─────────────────────────────────────────────────────────────────── */

enum {
    XY, RING_START, PART_START, FEATURE_START, DIMENSION, RING_SIGN, BOXES, SIZES,
    BLOCK_START, BLOCK_BOX, GROUP_START, GROUP_BOX, TREE_ORDER, TREE_BOX, LEVEL_START, ARRAYS
};

typedef struct {
    PyObject_HEAD
    Py_buffer views[ARRAYS];
    int held;
    int64_t n, levels;
    const double *xy, *boxes, *sizes, *block_box, *group_box, *tree_box;
    const int64_t *ring, *part, *feature, *block, *group, *order, *level;
    const int8_t *dimension, *sign;
} Flat;

static int flat_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Flat *f = (Flat *)self;
    (void)kwargs;
    if (PyTuple_Size(args) != ARRAYS) {
        PyErr_SetString(PyExc_TypeError, "Flat takes the arrays of Shapes, in their order");
        return -1;
    }
    if (f->held) {
        PyErr_SetString(PyExc_TypeError, "Flat is made once");
        return -1;
    }
    for (; f->held < ARRAYS; f->held++)
        if (PyObject_GetBuffer(PyTuple_GetItem(args, f->held), &f->views[f->held], PyBUF_SIMPLE))
            return -1;
    f->xy = f->views[XY].buf;
    f->ring = f->views[RING_START].buf;
    f->part = f->views[PART_START].buf;
    f->feature = f->views[FEATURE_START].buf;
    f->dimension = f->views[DIMENSION].buf;
    f->sign = f->views[RING_SIGN].buf;
    f->boxes = f->views[BOXES].buf;
    f->sizes = f->views[SIZES].buf;
    f->block = f->views[BLOCK_START].buf;
    f->block_box = f->views[BLOCK_BOX].buf;
    f->group = f->views[GROUP_START].buf;
    f->group_box = f->views[GROUP_BOX].buf;
    f->order = f->views[TREE_ORDER].buf;
    f->tree_box = f->views[TREE_BOX].buf;
    f->level = f->views[LEVEL_START].buf;
    f->n = (int64_t)f->views[DIMENSION].len;
    f->levels = f->views[LEVEL_START].len / 8 - 1;
    if (f->levels > LEVELS) {
        PyErr_SetString(PyExc_ValueError, "too many features for the tree");
        return -1;
    }
    return 0;
}

static void flat_free(PyObject *self)
{
    Flat *f = (Flat *)self;
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    while (f->held)
        PyBuffer_Release(&f->views[--f->held]);
    release(self);
    Py_DECREF(type);
}

/* ── exact signs ────────────────────────────────────────────────────────────────────────────── */

static inline void two_sum(double a, double b, double *sum, double *error)
{
    double s = a + b, part = s - a;
    *sum = s;
    *error = (a - (s - part)) + (b - part);
}

static inline void halves(double a, double *high, double *low)
{
    double c = 134217729.0 * a;
    *high = c - (c - a);
    *low = a - *high;
}

static inline void two_product(double a, double b, double *product, double *error)
{
    double ah, al, bh, bl, p = a * b;
    halves(a, &ah, &al);
    halves(b, &bh, &bl);
    *product = p;
    *error = al * bl - (((p - ah * bh) - al * bh) - ah * bl);
}

static int exact_sign(const double *a, const double *b, const double *c)
{
    const double factors[6][2] = {{a[0], b[1]}, {-a[0], c[1]}, {-c[0], b[1]},
                                  {-a[1], b[0]}, {a[1], c[0]}, {c[1], b[0]}};
    double terms[12], sum[12];
    int n = 0;
    for (int k = 0; k < 6; k++)
        two_product(factors[k][0], factors[k][1], &terms[2 * k + 1], &terms[2 * k]);
    for (int k = 0; k < 12; k++) {
        double q = terms[k];
        for (int i = 0; i < n; i++)
            two_sum(q, sum[i], &q, &sum[i]);
        sum[n++] = q;
    }
    while (n--)
        if (sum[n] != 0)
            return sum[n] > 0 ? 1 : -1;
    return 0;
}

/* On which side of the line a → b the point c lies: 1 left, -1 right, 0 on it, exactly.
   `det` is twice the area of the triangle, rounded. */
static inline int side(const double *a, const double *b, const double *c, double *det)
{
    double left = (a[0] - c[0]) * (b[1] - c[1]), right = (a[1] - c[1]) * (b[0] - c[0]);
    double d = left - right;
    *det = d;
    if (fabs(d) > 3.3306690738754716e-16 * (fabs(left) + fabs(right)))
        return d > 0 ? 1 : -1;
    return exact_sign(a, b, c);
}

/* ── edges around a box ─────────────────────────────────────────────────────────────────────── */

typedef struct {
    double x1, x2, y1, slope, y2;
    int sign;
} Strip; /* the ground under a piece of an edge, from the box's corner */

typedef struct {
    double minx, maxx, miny, maxy;
    const double *a, *b;
} Edge;

typedef struct {
    Vec strips[2], edges[2], active[2];
} Scratch;

static void scratch_free(Scratch *s)
{
    for (int k = 0; k < 2; k++) {
        free(s->strips[k].data);
        free(s->edges[k].data);
        free(s->active[k].data);
    }
}

static int add_strip(Vec *strips, double x1, double y1, double x2, double y2, int sign)
{
    Strip *s;
    if (x2 <= x1)
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
    double w, h;
    Vec *strips, *edges;
    int sign, above;
    double from; /* where the run of edges above the box began, from its corner */
    double to;
} Collector;

static int end_run(Collector *c)
{
    int sign = c->sign;
    double a = fmin(fmax(c->from, 0), c->w), b = fmin(fmax(c->to, 0), c->w);
    if (!c->above)
        return 0;
    c->above = 0;
    if (a < b)
        return add_strip(c->strips, a, c->h, b, c->h, -sign);
    return add_strip(c->strips, b, c->h, a, c->h, sign);
}

/* A run of edges whose box is known and lies outside: passed in one step. Whether it does. */
static int pass(Collector *c, const double *box, const double *first, const double *last,
                int *failed)
{
    const double *b = c->box;
    if (box[2] < b[0] - NEAR_M || box[0] > b[2] + NEAR_M || box[3] < b[1] - NEAR_M) {
        *failed |= end_run(c);
        return 1;
    }
    if (box[1] > b[3] + NEAR_M) {
        if (!c->above) {
            c->above = 1;
            c->from = first[0] - b[0];
        }
        c->to = last[0] - b[0];
        return 1;
    }
    return 0;
}

static int take_edges(Collector *c, const double *xy, int64_t start, int64_t stop)
{
    const double *b = c->box;
    for (int64_t k = start; k < stop; k++) {
        const double *p = xy + 2 * k, *q = p + 2;
        double minx = p[0] < q[0] ? p[0] : q[0], maxx = p[0] < q[0] ? q[0] : p[0];
        double miny = p[1] < q[1] ? p[1] : q[1], maxy = p[1] < q[1] ? q[1] : p[1];
        double box[4] = {minx, miny, maxx, maxy};
        int failed = 0;
        if (pass(c, box, p, q, &failed)) {
            if (failed)
                return -1;
            continue;
        }
        if (end_run(c))
            return -1;
        if (p[0] == q[0] && p[1] == q[1])
            continue;
        Edge *e = grow(c->edges, sizeof(Edge));
        if (e == NULL)
            return -1;
        *e = (Edge){minx, maxx, miny, maxy, p, q};
        if (clip_edge(c->strips, p[0] - b[0], p[1] - b[1], q[0] - b[0], q[1] - b[1], c->w, c->h,
                      c->sign))
            return -1;
    }
    return 0;
}

/* The edges of feature `row` near the box, and the strips under all that matters in it. */
static int collect(const Flat *f, int64_t row, const double *box, Vec *strips, Vec *edges)
{
    Collector c = {{box[0], box[1], box[2], box[3]}, box[2] - box[0], box[3] - box[1],
                   strips, edges, 1, 0, 0, 0};
    strips->length = edges->length = 0;
    for (int64_t p = f->feature[row]; p < f->feature[row + 1]; p++)
        for (int64_t r = f->part[p]; r < f->part[p + 1]; r++) {
            int64_t first = f->ring[r], last = f->ring[r + 1] - 1;
            int64_t blocks = f->block[r + 1] - f->block[r];
            int failed = 0;
            c.sign = f->sign[r];
            if (blocks == 0 && take_edges(&c, f->xy, first, last))
                return -1;
            for (int64_t b = 0; b < blocks; b++) {
                if (b % BLOCK == 0) {
                    int64_t after = b + BLOCK < blocks ? b + BLOCK : blocks;
                    int64_t end = first + after * BLOCK;
                    const double *around = f->group_box + 4 * (f->group[r] + b / BLOCK);
                    if (end > last)
                        end = last;
                    if (pass(&c, around, f->xy + 2 * (first + b * BLOCK), f->xy + 2 * end,
                             &failed)) {
                        b = after - 1;
                        continue;
                    }
                }
                int64_t from = first + b * BLOCK, to = from + BLOCK < last ? from + BLOCK : last;
                if (pass(&c, f->block_box + 4 * (f->block[r] + b), f->xy + 2 * from,
                         f->xy + 2 * to, &failed))
                    continue;
                if (take_edges(&c, f->xy, from, to))
                    return -1;
            }
            failed |= end_run(&c);
            if (failed)
                return -1;
        }
    return 0;
}

/* ── the sum over pairs of strips, the contacts of pairs of edges ───────────────────────────── */

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

/* Visit every pair of two sorted lists whose x-ranges meet: a line sweeps over both. */
#define SWEEP(TYPE, START, END, MARGIN, VISIT)                                                    \
    do {                                                                                          \
        int64_t at[2] = {0, 0};                                                                   \
        scratch->active[0].length = scratch->active[1].length = 0;                                \
        while (at[0] < n[0] || at[1] < n[1]) {                                                    \
            int k = at[1] >= n[1] || (at[0] < n[0] && list[0][at[0]].START <= list[1][at[1]].START) \
                        ? 0 : 1;                                                                  \
            TYPE *new = &list[k][at[k]++];                                                        \
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
    } while (0)

static int sum_strips(Scratch *scratch, Sum *sum)
{
    Strip *list[2] = {scratch->strips[0].data, scratch->strips[1].data};
    int64_t n[2] = {scratch->strips[0].length, scratch->strips[1].length};
    if (n[0] * n[1] <= BRUTE) {
        for (int64_t i = 0; i < n[0]; i++)
            for (int64_t j = 0; j < n[1]; j++)
                add_strips(&list[0][i], &list[1][j], sum);
        return 0;
    }
    qsort(list[0], (size_t)n[0], sizeof(Strip), by_start);
    qsort(list[1], (size_t)n[1], sizeof(Strip), by_start);
    SWEEP(Strip, x1, x2, 0, add_strips);
    return 0;
}

static int find_contacts(Scratch *scratch, Sum *sum)
{
    Edge *list[2] = {scratch->edges[0].data, scratch->edges[1].data};
    int64_t n[2] = {scratch->edges[0].length, scratch->edges[1].length};
    if (n[0] * n[1] <= BRUTE) {
        for (int64_t i = 0; i < n[0]; i++)
            for (int64_t j = 0; j < n[1]; j++)
                meet_edges(&list[0][i], &list[1][j], sum);
        return 0;
    }
    qsort(list[0], (size_t)n[0], sizeof(Edge), by_start);
    qsort(list[1], (size_t)n[1], sizeof(Edge), by_start);
    SWEEP(Edge, minx, maxx, NEAR_M, meet_edges);
    return 0;
}

/* ── points ─────────────────────────────────────────────────────────────────────────────────── */

/* How edges start..stop of a path change the parity above p; -1 when p is on one of them. */
static int crossings(const double *xy, int64_t start, int64_t stop, const double *p)
{
    int parity = 0;
    for (int64_t k = start; k < stop; k++) {
        const double *a = xy + 2 * k, *b = a + 2;
        double det;
        if ((a[0] < p[0] && b[0] < p[0]) || (a[0] > p[0] && b[0] > p[0]) ||
            (a[1] < p[1] && b[1] < p[1]))
            continue;
        if (a[0] == b[0]) {
            if (p[1] >= fmin(a[1], b[1]) && p[1] <= fmax(a[1], b[1]))
                return -1;
            continue;
        }
        int spans = (a[0] <= p[0]) != (b[0] <= p[0]);
        if (a[1] > p[1] && b[1] > p[1]) {
            parity ^= spans;
            continue;
        }
        int s = side(a, b, p, &det);
        if (s == 0)
            return -1;
        if (spans)
            parity ^= (a[0] < b[0]) == (s < 0); /* the edge runs above p */
    }
    return parity;
}

/* 1 inside, 0 outside, -1 on the boundary of the polygons of feature `row`. */
static int locate(const Flat *f, int64_t row, const double *p)
{
    int parity = 0;
    const double *around = f->boxes + 4 * row;
    if (!(p[0] >= around[0] && p[0] <= around[2] && p[1] >= around[1] && p[1] <= around[3]))
        return 0;
    for (int64_t t = f->feature[row]; t < f->feature[row + 1]; t++)
        for (int64_t r = f->part[t]; r < f->part[t + 1]; r++) {
            int64_t first = f->ring[r], last = f->ring[r + 1] - 1;
            int64_t blocks = f->block[r + 1] - f->block[r], step = 1;
            if (blocks == 0) {
                int c = crossings(f->xy, first, last, p);
                if (c < 0)
                    return -1;
                parity ^= c;
            }
            for (int64_t b = 0; b < blocks; b += step) {
                int grouped = b % BLOCK == 0;
                const double *box = grouped ? f->group_box + 4 * (f->group[r] + b / BLOCK)
                                            : f->block_box + 4 * (f->block[r] + b);
                for (;;) {
                    step = grouped ? (b + BLOCK < blocks ? BLOCK : blocks - b) : 1;
                    int64_t from = first + b * BLOCK, to = from + step * BLOCK;
                    if (to > last)
                        to = last;
                    if (box[2] < p[0] || box[0] > p[0] || box[3] < p[1])
                        break;
                    if (box[1] > p[1]) { /* all above: only its ends matter */
                        parity ^= (f->xy[2 * from] <= p[0]) != (f->xy[2 * to] <= p[0]);
                        break;
                    }
                    if (grouped) {
                        grouped = 0;
                        box = f->block_box + 4 * (f->block[r] + b);
                        continue;
                    }
                    int c = crossings(f->xy, from, to, p);
                    if (c < 0)
                        return -1;
                    parity ^= c;
                    break;
                }
            }
        }
    return parity;
}

/* Of the paths of feature `row` of f: how many begin inside feature `in` of g; all in *count. */
static int64_t paths_inside(const Flat *f, int64_t row, const Flat *g, int64_t in, int64_t *count)
{
    int64_t inside = 0;
    *count = 0;
    for (int64_t p = f->feature[row]; p < f->feature[row + 1]; p++)
        for (int64_t r = f->part[p]; r < f->part[p + 1]; r++) {
            inside += locate(g, in, f->xy + 2 * f->ring[r]) != 0;
            ++*count;
        }
    return inside;
}

/* ── one pair ───────────────────────────────────────────────────────────────────────────────── */

typedef struct {
    double measure;
    int kind;
} Shared;

static int share_polygons(const Flat *a, int64_t i, const Flat *b, int64_t j, Scratch *scratch,
                          Shared *out)
{
    const double *p = a->boxes + 4 * i, *q = b->boxes + 4 * j;
    double box[4] = {fmax(p[0], q[0]), fmax(p[1], q[1]), fmin(p[2], q[2]), fmin(p[3], q[3])};
    Sum sum = {0, 0, 0};
    *out = (Shared){0, APART};
    if (!(box[0] < box[2] && box[1] < box[3]))
        return 0;
    if (collect(a, i, box, &scratch->strips[0], &scratch->edges[0]) ||
        collect(b, j, box, &scratch->strips[1], &scratch->edges[1]) ||
        find_contacts(scratch, &sum))
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
    if (sum_strips(scratch, &sum))
        return -1;
    double doubt = 16 * DBL_EPSILON * sum.size;
    if (sum.area > SURE_M2 && sum.area > doubt) {
        double most = fmin(a->sizes[i], b->sizes[j]);
        *out = (Shared){sum.area < most ? sum.area : most, CROSSING};
    } else if ((sum.contacts & (CROSS | NEAR)) || doubt + fabs(sum.area) > NOTHING_M2) {
        *out = (Shared){sum.area > 0 ? sum.area : 0, DOUBTFUL};
    }
    return 0;
}

/* A line: within when it stays clear of the boundary inside, else GEOS measures what is inside. */
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
    if (collect(a, i, box, &scratch->strips[0], &scratch->edges[0]) ||
        collect(b, j, box, &scratch->strips[1], &scratch->edges[1]) ||
        find_contacts(scratch, &sum))
        return -1;
    if (sum.contacts) {
        out->kind = DOUBTFUL;
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
    if (a->dimension[i] == 2)
        return share_polygons(a, i, b, j, scratch, out);
    if (a->dimension[i] == 1)
        return share_line(a, i, b, j, scratch, out);
    share_points(a, i, b, j, out);
    return 0;
}

/* ── windows ────────────────────────────────────────────────────────────────────────────────── */

enum { WEST = 1, EAST = 2, SOUTH = 4, NORTH = 8 };

static inline int outside(const double *box, const double *window)
{
    return (box[2] < window[0] ? WEST : 0) | (box[0] > window[2] ? EAST : 0) |
           (box[3] < window[1] ? SOUTH : 0) | (box[1] > window[3] ? NORTH : 0);
}

typedef struct {
    const double *xy, *window;
    double top;
    Vec *out;
    const double *last; /* the vertex that is decided on when the next one is known */
    int last_top, forced; /* whether it is as high as any, or comes right after one that is */
    int common; /* the sides of the window that all lie on since the last one kept */
    int all;
} Thinner;

static int keep(Thinner *t, const double *v)
{
    double *slot = grow(t->out, 2 * sizeof(double));
    if (slot == NULL)
        return -1;
    slot[0] = v[0];
    slot[1] = v[1];
    return 0;
}

/* Go on to vertex v: the one before is kept unless a step over it stays beside the window. */
static int step_to(Thinner *t, const double *v)
{
    double box[4] = {v[0], v[1], v[0], v[1]};
    int side = outside(box, t->window), is_top = v[1] >= t->top;
    t->all &= side;
    if (t->last != NULL) {
        if (!(t->common & side) || is_top || t->forced) {
            double at[4] = {t->last[0], t->last[1], t->last[0], t->last[1]};
            if (keep(t, t->last))
                return -1;
            t->common = outside(at, t->window) & side;
        } else {
            t->common &= side;
        }
    } else {
        t->common = 0; /* the first vertex is always kept */
    }
    t->forced = is_top || t->last_top;
    t->last = v;
    t->last_top = is_top;
    return 0;
}

/* One ring with its edges in the window as they are and what lies outside cut short: the winding
   about every point in the window stays. The neighbours of the highest vertex are kept, for GEOS
   reads the ring's orientation from them. Nothing is written for a ring wholly on one side. */
static int thin_ring(const Flat *f, int64_t r, const double *window, Vec *out)
{
    int64_t first = f->ring[r], last = f->ring[r + 1] - 1, before = out->length;
    int64_t blocks = f->block[r + 1] - f->block[r], groups = f->group[r + 1] - f->group[r];
    Thinner t = {f->xy, window, -INFINITY, out, NULL, 0, 0, 0, 15};
    if (blocks == 0)
        for (int64_t k = first; k <= last; k++)
            t.top = fmax(t.top, f->xy[2 * k + 1]);
    for (int64_t g = 0; g < groups; g++)
        t.top = fmax(t.top, f->group_box[4 * (f->group[r] + g) + 3]);
    if (blocks == 0)
        for (int64_t k = first; k <= last; k++)
            if (step_to(&t, f->xy + 2 * k))
                return -1;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t from = first + b * BLOCK, to = from + BLOCK < last ? from + BLOCK : last;
        int64_t size = 1;
        const double *box = f->block_box + 4 * (f->block[r] + b);
        if (b % BLOCK == 0) {
            const double *around = f->group_box + 4 * (f->group[r] + b / BLOCK);
            if ((t.common & outside(around, window)) && around[3] < t.top && !t.forced) {
                size = b + BLOCK < blocks ? BLOCK : blocks - b;
                box = around;
                to = from + size * BLOCK < last ? from + size * BLOCK : last;
            }
        }
        int side = outside(box, window);
        if ((t.common & side) && box[3] < t.top && !t.forced) { /* stepped over as one */
            t.all &= side;
            t.common &= side;
            t.last = f->xy + 2 * to;
            b += size - 1;
            continue;
        }
        for (int64_t k = b == 0 ? from : from + 1; k <= to; k++)
            if (step_to(&t, f->xy + 2 * k))
                return -1;
    }
    if (t.all || last - first < 3) {
        out->length = before;
        return 0;
    }
    if (keep(&t, t.last))
        return -1;
    if (out->length - before < 4)
        out->length = before; /* it folds into an edge beside the window */
    return 0;
}

static int cut_feature(const Flat *f, int64_t row, const double *window, Vec *xy, Vec *rings,
                       Vec *parts)
{
    for (int64_t p = f->feature[row]; p < f->feature[row + 1]; p++) {
        int64_t before = rings->length;
        for (int64_t r = f->part[p]; r < f->part[p + 1]; r++) {
            int64_t start = xy->length, *slot;
            if (window == NULL || f->dimension[row] != 2) {
                for (int64_t k = f->ring[r]; k < f->ring[r + 1]; k++) {
                    double *v = grow(xy, 2 * sizeof(double));
                    if (v == NULL)
                        return -1;
                    v[0] = f->xy[2 * k];
                    v[1] = f->xy[2 * k + 1];
                }
            } else if (thin_ring(f, r, window, xy)) {
                return -1;
            }
            if (xy->length == start) {
                if (r == f->part[p])
                    break; /* no shell here, so no holes */
                continue;
            }
            if ((slot = grow(rings, sizeof(int64_t))) == NULL)
                return -1;
            *slot = xy->length;
        }
        if (rings->length > before) {
            int64_t *slot = grow(parts, sizeof(int64_t));
            if (slot == NULL)
                return -1;
            *slot = rings->length;
        }
    }
    return 0;
}

/* ── the tree of boxes ──────────────────────────────────────────────────────────────────────── */

typedef int (*Visit)(void *context, int64_t row);

/* Visit every row whose box touches `box`. Level 0 of the tree are the features' boxes. */
static int search(const Flat *f, const double *box, Visit visit, void *context)
{
    int64_t stack[LEVELS * FAN][2], top = 0;
    if (f->n == 0 || f->levels == 0)
        return 0;
    for (int64_t k = f->level[f->levels - 1]; k < f->level[f->levels]; k++) {
        stack[top][0] = f->levels - 1;
        stack[top++][1] = k - f->level[f->levels - 1];
    }
    while (top) {
        int64_t level = stack[--top][0], at = stack[top][1];
        const double *b = f->tree_box + 4 * (f->level[level] + at);
        if (!(b[0] <= box[2] && b[2] >= box[0] && b[1] <= box[3] && b[3] >= box[1]))
            continue;
        if (level == 0) {
            if (visit(context, f->order[at]))
                return -1;
            continue;
        }
        int64_t count = f->level[level] - f->level[level - 1], end = (at + 1) * FAN;
        for (int64_t k = at * FAN; k < (end < count ? end : count); k++) {
            stack[top][0] = level - 1;
            stack[top++][1] = k;
        }
    }
    return 0;
}

/* ── what Python sees ───────────────────────────────────────────────────────────────────────── */

static PyTypeObject *flat_type;

static Flat *as_flat(PyObject *object)
{
    if (!PyObject_TypeCheck(object, flat_type)) {
        PyErr_SetString(PyExc_TypeError, "a Flat is needed");
        return NULL;
    }
    return (Flat *)object;
}

static PyObject *as_bytes(const Vec *v, size_t size)
{
    return PyBytes_FromStringAndSize(v->data, (Py_ssize_t)((size_t)v->length * size));
}

typedef struct {
    Vec *left, *right;
    const Flat *a, *b;
    int64_t row;
    const double *owned;
    const int32_t *class_a, *class_b;
    const uint8_t *fights;
    int64_t classes;
} Join;

static int join_pair(void *context, int64_t j)
{
    Join *join = context;
    int64_t *l, *r;
    if (join->owned != NULL) {
        const double *p = join->a->boxes + 4 * join->row, *q = join->b->boxes + 4 * j;
        const double *o = join->owned;
        double x = fmax(p[0], q[0]), y = fmax(p[1], q[1]);
        if (!(x >= o[0] && x < o[2] && y >= o[1] && y < o[3]))
            return 0;
    }
    if (join->fights != NULL &&
        !join->fights[join->class_a[join->row] * join->classes + join->class_b[j]])
        return 0;
    if ((l = grow(join->left, sizeof *l)) == NULL || (r = grow(join->right, sizeof *r)) == NULL)
        return -1;
    *l = join->row;
    *r = j;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* join(left, right, rows of left, owned or None, classes_left, classes_right, fights, R)
   → (bytes of left rows, bytes of right rows), by left in the order of rows, then right */
static PyObject *join(PyObject *module, PyObject *args)
{
    PyObject *left, *right, *result = NULL;
    Py_buffer rows = {0}, owned = {0}, ca = {0}, cb = {0}, fights = {0};
    Py_ssize_t classes;
    Vec l = {0}, r = {0};
    Flat *a, *b;
    int failed = 0;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOy*z*z*z*z*n", &left, &right, &rows, &owned, &ca, &cb, &fights,
                          &classes))
        return NULL;
    if ((a = as_flat(left)) == NULL || (b = as_flat(right)) == NULL)
        goto done;
    Join context = {&l, &r, a, b, 0, owned.buf, ca.buf, cb.buf, fights.buf, classes};
    Py_BEGIN_ALLOW_THREADS
    {
        const int64_t *chosen = rows.buf;
        for (int64_t k = 0; k < rows.len / 8 && !failed; k++) {
            int64_t before = r.length;
            double box[4];
            context.row = chosen[k];
            if (context.row < 0 || context.row >= a->n) {
                failed = 1;
                break;
            }
            memcpy(box, a->boxes + 4 * context.row, sizeof box);
            if (context.owned != NULL) { /* both boxes reach the tile that owns the pair */
                const double *o = context.owned;
                box[0] = fmax(box[0], o[0]), box[1] = fmax(box[1], o[1]);
                box[2] = fmin(box[2], o[2]), box[3] = fmin(box[3], o[3]);
            }
            failed = search(b, box, join_pair, &context);
            if (r.length - before > 1)
                qsort((int64_t *)r.data + before, (size_t)(r.length - before), 8, by_number);
        }
    }
    Py_END_ALLOW_THREADS
    if (failed)
        PyErr_NoMemory();
    else
        result = Py_BuildValue("(NN)", as_bytes(&l, 8), as_bytes(&r, 8));
done:
    free(l.data);
    free(r.data);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&owned);
    PyBuffer_Release(&ca);
    PyBuffer_Release(&cb);
    PyBuffer_Release(&fights);
    return result;
}

static int note_row(void *context, int64_t row)
{
    int64_t *slot = grow(context, sizeof(int64_t));
    if (slot == NULL)
        return -1;
    *slot = row;
    return 0;
}

/* find(list of Flat, minx, miny, maxx, maxy) → (bytes of rows, list of counts, one a Flat) */
static PyObject *find(PyObject *module, PyObject *args)
{
    PyObject *flats, *counts = NULL, *result = NULL;
    double box[4];
    Vec rows = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "O!dddd", &PyList_Type, &flats, box, box + 1, box + 2, box + 3))
        return NULL;
    counts = PyList_New(0);
    for (Py_ssize_t k = 0; counts != NULL && k < PyList_Size(flats); k++) {
        int64_t before = rows.length;
        Flat *f = as_flat(PyList_GetItem(flats, k));
        if (f == NULL)
            goto done;
        if (search(f, box, note_row, &rows)) {
            PyErr_NoMemory();
            goto done;
        }
        PyObject *count = PyLong_FromLongLong(rows.length - before);
        if (count == NULL || PyList_Append(counts, count)) {
            Py_XDECREF(count);
            goto done;
        }
        Py_DECREF(count);
    }
    if (counts != NULL)
        result = Py_BuildValue("(NO)", as_bytes(&rows, 8), counts);
done:
    Py_XDECREF(counts);
    free(rows.data);
    return result;
}

/* meet(list of Flat, site: a Flat of one polygon, minx, miny, maxx, maxy)
   → (bytes of rows, bytes of measures, bytes of kinds, list of counts): what is not apart */
static PyObject *meet(PyObject *module, PyObject *args)
{
    PyObject *flats, *site, *counts = NULL, *result = NULL;
    double box[4];
    Vec rows = {0}, measures = {0}, kinds = {0}, near = {0};
    Scratch scratch = {0};
    Flat *s;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!Odddd", &PyList_Type, &flats, &site, box, box + 1, box + 2,
                          box + 3) ||
        (s = as_flat(site)) == NULL)
        return NULL;
    Py_ssize_t layers = PyList_Size(flats);
    Flat **layer = calloc((size_t)layers + 1, sizeof(Flat *));
    int64_t *found = calloc((size_t)layers + 1, sizeof(int64_t));
    int failed = layer == NULL || found == NULL;
    for (Py_ssize_t k = 0; k < layers && !failed; k++)
        if ((layer[k] = as_flat(PyList_GetItem(flats, k))) == NULL)
            goto done;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t k = 0; k < layers && !failed; k++) {
        int64_t before = rows.length;
        near.length = 0;
        failed = search(layer[k], box, note_row, &near);
        if (near.length > 1)
            qsort(near.data, (size_t)near.length, 8, by_number);
        for (int64_t m = 0; m < near.length && !failed; m++) {
            int64_t row = ((int64_t *)near.data)[m], *r;
            double *value;
            int8_t *kind;
            Shared shared = {0, APART};
            failed = share(layer[k], row, s, 0, &scratch, &shared);
            if (failed || shared.kind == APART)
                continue;
            r = grow(&rows, 8);
            value = grow(&measures, 8);
            kind = grow(&kinds, 1);
            if (r == NULL || value == NULL || kind == NULL) {
                failed = 1;
                break;
            }
            *r = row;
            *value = shared.measure;
            *kind = (int8_t)shared.kind;
        }
        found[k] = rows.length - before;
    }
    Py_END_ALLOW_THREADS
    if (failed) {
        PyErr_NoMemory();
        goto done;
    }
    counts = PyBytes_FromStringAndSize((char *)found, layers * 8);
    if (counts != NULL)
        result = Py_BuildValue("(NNNN)", as_bytes(&rows, 8), as_bytes(&measures, 8),
                               as_bytes(&kinds, 1), counts);
done:
    free(layer);
    free(found);
    free(rows.data);
    free(measures.data);
    free(kinds.data);
    free(near.data);
    scratch_free(&scratch);
    return result;
}

/* measure(left, right, left rows, right rows, out f64, out int8): rows of equal length */
static PyObject *measure(PyObject *module, PyObject *args)
{
    PyObject *left, *right;
    Py_buffer i = {0}, j = {0}, areas = {0}, kinds = {0};
    Scratch scratch = {0};
    Flat *a, *b;
    int failed = 0, bad = 0;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOy*y*w*w*", &left, &right, &i, &j, &areas, &kinds))
        return NULL;
    if ((a = as_flat(left)) != NULL && (b = as_flat(right)) != NULL) {
        const int64_t *rows_a = i.buf, *rows_b = j.buf, count = kinds.len;
        if (i.len != count * 8 || j.len != count * 8 || areas.len != count * 8) {
            PyErr_SetString(PyExc_ValueError, "rows and results are of unequal length");
        } else {
            Py_BEGIN_ALLOW_THREADS
            for (int64_t k = 0; k < count && !failed && !bad; k++) {
                Shared shared = {0, APART};
                bad = rows_a[k] < 0 || rows_a[k] >= a->n || rows_b[k] < 0 || rows_b[k] >= b->n;
                if (bad)
                    break;
                failed = share(a, rows_a[k], b, rows_b[k], &scratch, &shared);
                ((double *)areas.buf)[k] = shared.measure;
                ((int8_t *)kinds.buf)[k] = (int8_t)shared.kind;
            }
            Py_END_ALLOW_THREADS
            if (bad)
                PyErr_SetString(PyExc_IndexError, "a row is not there");
            else if (failed)
                PyErr_NoMemory();
        }
    }
    scratch_free(&scratch);
    PyBuffer_Release(&i);
    PyBuffer_Release(&j);
    PyBuffer_Release(&areas);
    PyBuffer_Release(&kinds);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* cut(flat, rows, windows or None) → (xy, ring ends, part ends, feature ends) as bytes */
static PyObject *cut(PyObject *module, PyObject *args)
{
    PyObject *flat, *result = NULL;
    Py_buffer rows = {0}, windows = {0};
    Vec xy = {0}, rings = {0}, parts = {0}, features = {0};
    Flat *f;
    int failed = 0;
    (void)module;
    if (!PyArg_ParseTuple(args, "Oy*z*", &flat, &rows, &windows))
        return NULL;
    if ((f = as_flat(flat)) != NULL) {
        const int64_t *chosen = rows.buf, count = rows.len / 8;
        const double *window = windows.buf;
        Py_BEGIN_ALLOW_THREADS
        for (int64_t k = 0; k < count && !failed; k++) {
            int64_t *slot;
            failed = chosen[k] < 0 || chosen[k] >= f->n ||
                     cut_feature(f, chosen[k], window ? window + 4 * k : NULL, &xy, &rings, &parts);
            if (failed || (slot = grow(&features, sizeof *slot)) == NULL)
                failed = 1;
            else
                *slot = parts.length;
        }
        Py_END_ALLOW_THREADS
        if (failed)
            PyErr_NoMemory();
        else
            result = Py_BuildValue("(NNNN)", as_bytes(&xy, 16), as_bytes(&rings, 8),
                                   as_bytes(&parts, 8), as_bytes(&features, 8));
    }
    free(xy.data);
    free(rings.data);
    free(parts.data);
    free(features.data);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&windows);
    return result;
}

/* ── out of WKB ─────────────────────────────────────────────────────────────────────────────── */

typedef struct {
    const uint8_t *at, *end;
    int swap;
} Reader;

static int read_u32(Reader *r, uint32_t *value)
{
    if (r->end - r->at < 4)
        return -1;
    memcpy(value, r->at, 4);
    if (r->swap)
        *value = __builtin_bswap32(*value);
    r->at += 4;
    return 0;
}

static int read_points(Reader *r, uint32_t count, Vec *xy)
{
    if ((uint64_t)(r->end - r->at) < (uint64_t)count * 16)
        return -1;
    while (xy->room - xy->length < count) {
        int64_t room = xy->room ? 2 * xy->room : 1024;
        void *data = realloc(xy->data, (size_t)room * 16);
        if (data == NULL)
            return -2;
        xy->data = data;
        xy->room = room;
    }
    double *to = (double *)xy->data + 2 * xy->length;
    memcpy(to, r->at, (size_t)count * 16);
    if (r->swap)
        for (uint32_t k = 0; k < 2 * count; k++) {
            uint64_t bits;
            memcpy(&bits, to + k, 8);
            bits = __builtin_bswap64(bits);
            memcpy(to + k, &bits, 8);
        }
    r->at += (size_t)count * 16;
    xy->length += count;
    return 0;
}

static int read_head(Reader *r, uint32_t *kind)
{
    if (r->end - r->at < 5)
        return -1;
    r->swap = *r->at++ != 1;
    return read_u32(r, kind);
}

static int note(Vec *v, int64_t value)
{
    int64_t *slot = grow(v, sizeof(int64_t));
    if (slot == NULL)
        return -2;
    *slot = value;
    return 0;
}

/* One part: a polygon, a line or a point. -1 malformed or unknown, -2 no memory. */
static int read_part(Reader *r, uint32_t kind, Vec *xy, Vec *rings, Vec *parts)
{
    uint32_t count = 1, points;
    int64_t before = rings->length;
    int failed = kind == 3 ? read_u32(r, &count) : kind > 3 || kind == 0 ? -1 : 0;
    for (uint32_t k = 0; k < count && !failed; k++) {
        points = 1;
        if (kind != 1)
            failed = read_u32(r, &points);
        if (failed || points == 0)
            continue;
        if ((failed = read_points(r, points, xy)) == 0) {
            const double *last = (const double *)xy->data + 2 * (xy->length - 1);
            if (kind == 1 && isnan(last[0]))
                xy->length--; /* an empty point */
            else
                failed = note(rings, xy->length);
        }
    }
    if (!failed && rings->length > before)
        failed = note(parts, rings->length);
    return failed;
}

static int read_feature(Reader *r, Vec *xy, Vec *rings, Vec *parts, int8_t *dimension)
{
    uint32_t kind, count, inner;
    int failed = read_head(r, &kind);
    if (failed || kind == 0 || kind > 6)
        return failed ? failed : -1;
    *dimension = (int8_t)((kind - 1) % 3);
    if (kind <= 3)
        return read_part(r, kind, xy, rings, parts);
    failed = read_u32(r, &count);
    for (uint32_t k = 0; k < count && !failed; k++) {
        failed = read_head(r, &inner);
        if (!failed)
            failed = inner == kind - 3 ? read_part(r, inner, xy, rings, parts) : -1;
    }
    return failed;
}

/* read_wkb(values, int64 offsets) → (xy, ring ends, part ends, feature ends, dimensions) */
static PyObject *read_wkb(PyObject *module, PyObject *args)
{
    Py_buffer values = {0}, offsets = {0};
    PyObject *result = NULL;
    Vec xy = {0}, rings = {0}, parts = {0}, features = {0}, dimensions = {0};
    int failed = 0;
    int64_t k = 0, count;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*", &values, &offsets))
        return NULL;
    count = offsets.len / 8 - 1;
    Py_BEGIN_ALLOW_THREADS
    {
        const int64_t *o = offsets.buf;
        const uint8_t *data = values.buf;
        for (k = 0; k < count && !failed; k++) {
            Reader r = {data + o[k], data + o[k + 1], 0};
            int8_t *dimension = grow(&dimensions, 1);
            if (dimension == NULL) {
                failed = -2;
            } else if (o[k] < 0 || o[k + 1] < o[k] || o[k + 1] > values.len) {
                failed = -1;
            } else {
                failed = read_feature(&r, &xy, &rings, &parts, dimension);
                if (!failed)
                    failed = note(&features, parts.length);
            }
        }
    }
    Py_END_ALLOW_THREADS
    if (failed == -2)
        PyErr_NoMemory();
    else if (failed)
        PyErr_Format(PyExc_ValueError, "row %lld is no WKB of a polygon, line or point",
                     (long long)(k - 1));
    else
        result = Py_BuildValue("(NNNNN)", as_bytes(&xy, 16), as_bytes(&rings, 8),
                               as_bytes(&parts, 8), as_bytes(&features, 8),
                               as_bytes(&dimensions, 1));
    free(xy.data);
    free(rings.data);
    free(parts.data);
    free(features.data);
    free(dimensions.data);
    PyBuffer_Release(&values);
    PyBuffer_Release(&offsets);
    return result;
}

/* ── boxes, sizes, signs and blocks ─────────────────────────────────────────────────────────── */

static void widen(double *box, const double *xy, int64_t start, int64_t stop)
{
    for (int64_t k = start; k < stop; k++) {
        double x = xy[2 * k], y = xy[2 * k + 1];
        if (x < box[0]) box[0] = x;
        if (y < box[1]) box[1] = y;
        if (x > box[2]) box[2] = x;
        if (y > box[3]) box[3] = y;
    }
}

/* Twice nothing: the signed area of a ring, summed in the order in which GEOS does. */
static double ring_area(const double *xy, int64_t start, int64_t stop)
{
    double sum = 0, x0 = xy[2 * start];
    if (stop - start < 3)
        return 0;
    for (int64_t k = start + 1; k + 1 < stop; k++)
        sum += (xy[2 * k] - x0) * (xy[2 * k - 1] - xy[2 * k + 3]);
    return sum / 2; /* positive for a clockwise ring */
}

/* describe(xy, ring_start, part_start, feature_start, dimension, block_start, group_start,
            out signs, out boxes, out sizes, out block boxes, out group boxes) */
static PyObject *describe(PyObject *module, PyObject *args)
{
    Py_buffer v[12] = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*w*w*w*w*w*", v, v + 1, v + 2, v + 3, v + 4, v + 5,
                          v + 6, v + 7, v + 8, v + 9, v + 10, v + 11))
        return NULL;
    const double *xy = v[0].buf;
    const int64_t *ring = v[1].buf, *part = v[2].buf, *feature = v[3].buf;
    const int8_t *dimension = v[4].buf;
    const int64_t *block = v[5].buf, *group = v[6].buf;
    int8_t *signs = v[7].buf;
    double *boxes = v[8].buf, *sizes = v[9].buf, *block_box = v[10].buf, *group_box = v[11].buf;
    int64_t n = v[4].len;
    Py_BEGIN_ALLOW_THREADS
    for (int64_t i = 0; i < n; i++) {
        double *box = boxes + 4 * i, size = 0;
        box[0] = box[1] = INFINITY;
        box[2] = box[3] = -INFINITY;
        for (int64_t p = feature[i]; p < feature[i + 1]; p++) {
            double area = 0;
            for (int64_t r = part[p]; r < part[p + 1]; r++) {
                int64_t first = ring[r], last = ring[r + 1] - 1;
                int64_t blocks = block[r + 1] - block[r];
                widen(box, xy, first, last + 1);
                signs[r] = 1;
                if (dimension[i] == 2) {
                    double signed_area = ring_area(xy, first, last + 1);
                    int shell = r == part[p];
                    area = shell ? fabs(signed_area) : area - fabs(signed_area);
                    signs[r] = (signed_area < 0) == shell ? 1 : -1;
                } else if (dimension[i] == 1) {
                    for (int64_t k = first; k < last; k++) {
                        double dx = xy[2 * k] - xy[2 * k + 2], dy = xy[2 * k + 1] - xy[2 * k + 3];
                        area += sqrt(dx * dx + dy * dy);
                    }
                } else {
                    area += 1;
                }
                for (int64_t b = 0; b < blocks; b++) {
                    double *around = block_box + 4 * (block[r] + b);
                    double *wider = group_box + 4 * (group[r] + b / BLOCK);
                    int64_t from = first + b * BLOCK, to = from + BLOCK;
                    around[0] = around[1] = INFINITY;
                    around[2] = around[3] = -INFINITY;
                    widen(around, xy, from, (to < last ? to : last) + 1);
                    if (b % BLOCK == 0)
                        memcpy(wider, around, 4 * sizeof(double));
                    widen(wider, around, 0, 2);
                }
            }
            size += area;
        }
        if (!(box[0] <= box[2]))
            box[0] = box[1] = box[2] = box[3] = NAN;
        sizes[i] = size;
    }
    Py_END_ALLOW_THREADS
    for (int k = 0; k < 12; k++)
        PyBuffer_Release(&v[k]);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"cut", cut, METH_VARARGS, "Copy features, or windows of them."},
    {"describe", describe, METH_VARARGS, "Boxes, sizes, signs and blocks."},
    {"find", find, METH_VARARGS, "Rows of many shapes whose boxes touch a box."},
    {"join", join, METH_VARARGS, "Pairs of rows whose boxes touch."},
    {"meet", meet, METH_VARARGS, "What a site shares with many layers."},
    {"measure", measure, METH_VARARGS, "What pairs share, and of which kind."},
    {"read_wkb", read_wkb, METH_VARARGS, "Flat arrays out of WKB."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot flat_slots[] = {
    {Py_tp_doc, "A view of the arrays of Shapes."},
    {Py_tp_init, flat_init},
    {Py_tp_dealloc, flat_free},
    {0, NULL},
};

static PyType_Spec flat_spec = {"conflict._kernel.Flat", sizeof(Flat), 0, Py_TPFLAGS_DEFAULT,
                                flat_slots};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_kernel",
                                        "Areas without geometry, windows, trees.", -1, functions,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    flat_type = (PyTypeObject *)PyType_FromSpec(&flat_spec);
    if (flat_type == NULL || PyModule_AddObjectRef(module, "Flat", (PyObject *)flat_type)) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
