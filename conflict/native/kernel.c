/* Areas and lengths shared by pairs of geometries without making a geometry, plain shapes of them,
   and windows of large ones.

   Data: `Flat`, a view of the arrays of conflict.shapes.Shapes (see there for names and shapes).
   All loops run without the interpreter's lock and touch no Python object.

   Area. The indicator of a polygon is the signed sum of the strips under its edges. The area that
   two polygons share is therefore the sum, over pairs of edges whose x-ranges meet, of the
   integral of the lower of the two, with the product of their signs. Nothing has to be noded, and
   edges that coincide or only touch need no case of their own. Coordinates are taken from the
   corner of the box that both have in common, and clipped to it.

   Length. A line that crosses a boundary properly goes in or out at each crossing. The length inside
   is the sum, over its edges, of where it goes out less where it comes in, and of the edge's whole
   length where its end lies inside: nothing has to be put in order.

   Kind. Whether a pair shares ground is never read off a sum alone. Edges near each other are
   compared by the exact sign of orientations: boundaries that stay clear of each other leave only
   "apart" or "within", which points decide; boundaries that touch at corners and along edges share
   ground of at least half a step of the grid squared or none. What is closer than that without
   touching, or smaller than SURE_M2, is doubtful: GEOS judges it.

   Shape. Where boundaries only cross, the outline of what a pair shares follows one of them up to the
   next crossing, then the other one (draw.h). All else is left to GEOS.

   Exact signs: J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic and Fast Robust
   Geometric Predicates, 1997 (expansions). Compile without contraction to fused operations. */

#include "describe.h"
#include "draw.h"
#include "flat.h"
#include "share.h"
#include "tree.h"
#include "windows.h"
#include "wkb.h"

static PyTypeObject *flat_type;

static Flat *as_flat(PyObject *object)
{
    if (!PyObject_TypeCheck(object, flat_type)) {
        PyErr_SetString(PyExc_TypeError, "a Flat is needed");
        return NULL;
    }
    return (Flat *)object;
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

/* Put rows, each there once, of a layer of n features into their order: a few are sorted, many are
   marked and read off. */
static void put_rows_in_order(int64_t *rows, int64_t count, int64_t n)
{
    uint64_t *marks = count > n / 64 ? calloc((size_t)n / 64 + 1, sizeof *marks) : NULL;
    if (marks == NULL) {
        qsort(rows, (size_t)count, sizeof *rows, by_number);
        return;
    }
    for (int64_t k = 0; k < count; k++)
        marks[rows[k] / 64] |= (uint64_t)1 << rows[k] % 64;
    for (int64_t word = 0; word <= n / 64; word++)
        for (uint64_t left = marks[word]; left != 0; left &= left - 1)
            *rows++ = 64 * word + __builtin_ctzll(left);
    free(marks);
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
                put_rows_in_order((int64_t *)r.data + before, r.length - before, b->n);
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
   → bytes of rows, measures, kinds, dimensions and, one a layer, counts: what is not apart */
static PyObject *meet(PyObject *module, PyObject *args)
{
    PyObject *flats, *site, *counts = NULL, *result = NULL;
    double box[4];
    Vec rows = {0}, measures = {0}, kinds = {0}, dimensions = {0}, near = {0};
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
            put_rows_in_order(near.data, near.length, layer[k]->n);
        for (int64_t m = 0; m < near.length && !failed; m++) {
            int64_t row = ((int64_t *)near.data)[m], *r;
            double *value;
            int8_t *kind, *dimension;
            Shared shared = {0, APART};
            failed = share(layer[k], row, s, 0, &scratch, &shared);
            if (failed || shared.kind == APART)
                continue;
            r = grow(&rows, 8);
            value = grow(&measures, 8);
            kind = grow(&kinds, 1);
            dimension = grow(&dimensions, 1);
            if (r == NULL || value == NULL || kind == NULL || dimension == NULL) {
                failed = 1;
                break;
            }
            *r = row;
            *value = shared.measure;
            *kind = (int8_t)shared.kind;
            *dimension = layer[k]->dimension[row];
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
        result = Py_BuildValue("(NNNNN)", as_bytes(&rows, 8), as_bytes(&measures, 8),
                               as_bytes(&kinds, 1), as_bytes(&dimensions, 1), counts);
done:
    free(layer);
    free(found);
    free(rows.data);
    free(measures.data);
    free(kinds.data);
    free(dimensions.data);
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

/* Features one behind the other: coordinates, and where each ring, part and feature ends. */
typedef struct {
    Vec xy, rings, parts, features;
} Runs;

static int end_feature(Runs *runs)
{
    int64_t *slot = grow(&runs->features, sizeof *slot);
    if (slot == NULL)
        return -1;
    *slot = runs->parts.length;
    return 0;
}

static PyObject *as_runs(const Runs *runs)
{
    return Py_BuildValue("(NNNN)", as_bytes(&runs->xy, 16), as_starts(&runs->rings),
                         as_starts(&runs->parts), as_starts(&runs->features));
}

static void runs_free(Runs *runs)
{
    free(runs->xy.data);
    free(runs->rings.data);
    free(runs->parts.data);
    free(runs->features.data);
}

/* cut(list of Flat, int64 layers, int64 rows, windows or None, least)
   → (xy, starts of rings, parts, features) as bytes. Features of more than `least` corners are cut
   down to their windows. */
static PyObject *cut(PyObject *module, PyObject *args)
{
    PyObject *flats, *result = NULL;
    Py_buffer layers = {0}, rows = {0}, windows = {0};
    Runs out = {0};
    Py_ssize_t least;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!y*y*z*n", &PyList_Type, &flats, &layers, &rows, &windows,
                          &least))
        return NULL;
    Py_ssize_t known = PyList_Size(flats);
    int64_t count = rows.len / 8;
    Flat **flat = calloc((size_t)known + 1, sizeof(Flat *));
    int failed = flat == NULL, bad = layers.len != rows.len ||
                                     (windows.buf != NULL && windows.len != count * 32);
    for (Py_ssize_t k = 0; k < known && !failed; k++)
        if ((flat[k] = as_flat(PyList_GetItem(flats, k))) == NULL)
            goto done;
    Py_BEGIN_ALLOW_THREADS
    for (int64_t k = 0; k < count && !failed && !bad; k++) {
        int64_t at = ((int64_t *)layers.buf)[k], row = ((int64_t *)rows.buf)[k];
        bad = at < 0 || at >= known || row < 0 || row >= flat[at]->n;
        if (bad)
            break;
        const double *window = windows.buf ? (double *)windows.buf + 4 * k : NULL;
        if (window != NULL && corners_of(flat[at], row) <= least)
            window = NULL;
        failed = cut_feature(flat[at], row, window, &out.xy, &out.rings, &out.parts) ||
                 end_feature(&out);
    }
    Py_END_ALLOW_THREADS
    if (bad)
        PyErr_SetString(PyExc_IndexError, "a row is not there");
    else if (failed)
        PyErr_NoMemory();
    else
        result = as_runs(&out);
done:
    free(flat);
    runs_free(&out);
    PyBuffer_Release(&layers);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&windows);
    return result;
}

/* draw(list of Flat, int64 layers, int64 rows, right, int64 right rows, int8 kinds): rows of equal
   length → for each dimension, 0 to 2, (xy, starts of rings, parts, features) as bytes: what the
   pairs whose left one is of that dimension share, in it and in their order. What lies within the
   other one is copied. A pair that is left to GEOS has no parts. */
static PyObject *draw(PyObject *module, PyObject *args)
{
    PyObject *flats, *right, *result = NULL;
    Py_buffer layers = {0}, rows = {0}, others = {0}, kinds = {0};
    Runs out[3] = {{{0}}};
    Scratch scratch = {0};
    Drawing drawing = {0};
    Flat *b;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!y*y*Oy*y*", &PyList_Type, &flats, &layers, &rows, &right,
                          &others, &kinds))
        return NULL;
    Py_ssize_t known = PyList_Size(flats);
    int64_t count = rows.len / 8;
    Flat **flat = calloc((size_t)known + 1, sizeof(Flat *));
    int failed = flat == NULL, bad = layers.len != rows.len || others.len != rows.len ||
                                     kinds.len != count;
    if ((b = as_flat(right)) == NULL)
        goto done;
    for (Py_ssize_t k = 0; k < known && !failed; k++)
        if ((flat[k] = as_flat(PyList_GetItem(flats, k))) == NULL)
            goto done;
    Py_BEGIN_ALLOW_THREADS
    for (int64_t k = 0; k < count && !failed && !bad; k++) {
        int64_t at = ((int64_t *)layers.buf)[k], row = ((int64_t *)rows.buf)[k];
        int64_t other = ((int64_t *)others.buf)[k];
        bad = at < 0 || at >= known || row < 0 || row >= flat[at]->n || other < 0 ||
              other >= b->n || flat[at]->dimension[row] < 0 || flat[at]->dimension[row] > 2;
        if (bad)
            break;
        Runs *to = out + flat[at]->dimension[row];
        int kind = ((int8_t *)kinds.buf)[k];
        if (kind == LEFT_WITHIN)
            failed = cut_feature(flat[at], row, NULL, &to->xy, &to->rings, &to->parts);
        else if (kind == RIGHT_WITHIN)
            failed = cut_feature(b, other, NULL, &to->xy, &to->rings, &to->parts);
        else
            failed = draw_pair(flat[at], row, b, other, &scratch, &drawing, &to->xy, &to->rings,
                               &to->parts);
        failed = failed || end_feature(to);
    }
    Py_END_ALLOW_THREADS
    if (bad)
        PyErr_SetString(PyExc_IndexError, "a row is not there");
    else if (failed)
        PyErr_NoMemory();
    else
        result = Py_BuildValue("(NNN)", as_runs(out), as_runs(out + 1), as_runs(out + 2));
done:
    free(flat);
    for (int k = 0; k < 3; k++)
        runs_free(out + k);
    scratch_free(&scratch);
    drawing_free(&drawing);
    PyBuffer_Release(&layers);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&others);
    PyBuffer_Release(&kinds);
    return result;
}

static PyMethodDef functions[] = {
    {"cut", cut, METH_VARARGS, "Copy features, or windows of them."},
    {"describe", describe, METH_VARARGS, "Boxes, sizes, signs and blocks."},
    {"draw", draw, METH_VARARGS, "What pairs share, drawn."},
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
                                        "Areas, lengths, shapes, windows, trees.", -1, functions,
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
