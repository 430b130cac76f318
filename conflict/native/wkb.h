/* Flat arrays out of WKB. */
#ifndef BLUEPRINT_WKB_H
#define BLUEPRINT_WKB_H

#include "base.h"

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
    /* there is room: see read_wkb */
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

/* Whether offsets ascend within the values: what is read by them is then read once. */
static int ascend(const int64_t *offsets, int64_t count, int64_t length)
{
    for (int64_t k = 0; k < count; k++)
        if (offsets[k] > offsets[k + 1])
            return 0;
    return offsets[0] >= 0 && offsets[count] <= length;
}

/* read_wkb(values, int64 offsets) → (xy, starts of rings, parts and features, dimensions): bytes, but
   for the coordinates a view of them */
static PyObject *read_wkb(PyObject *module, PyObject *args)
{
    Py_buffer values = {0}, offsets = {0};
    PyObject *result = NULL, *points = NULL, *view = NULL;
    Vec xy = {0}, rings = {0}, parts = {0}, features = {0}, dimensions = {0};
    int failed = 0;
    int64_t k = 0, count;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*", &values, &offsets))
        return NULL;
    count = offsets.len / 8 - 1;
    if (count < 0 || !ascend(offsets.buf, count, values.len)) {
        PyErr_SetString(PyExc_ValueError, "offsets do not ascend within the values");
        goto done;
    }
    { /* coordinates are read to where they are handed over; there are no more than bytes for them */
        const int64_t *o = offsets.buf;
        xy.room = (o[count] - o[0]) / 16;
        if ((points = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)xy.room * 16)) == NULL)
            goto done;
        xy.data = PyBytes_AsString(points);
        in_large_pages(xy.data, (size_t)xy.room * 16);
    }
    PyThreadState *state = unlock(values.len);
    {
        const int64_t *o = offsets.buf;
        const uint8_t *data = values.buf;
        for (k = 0; k < count && !failed; k++) {
            Reader r = {data + o[k], data + o[k + 1], 0};
            int8_t *dimension = grow(&dimensions, 1);
            failed = dimension == NULL ? -2 : read_feature(&r, &xy, &rings, &parts, dimension);
            if (!failed)
                failed = note(&features, parts.length);
        }
    }
    lock_again(state);
    if (failed == -2)
        PyErr_NoMemory();
    else if (failed)
        PyErr_Format(PyExc_ValueError, "row %lld is no WKB of a polygon, line or point",
                     (long long)(k - 1));
    else if ((view = PyMemoryView_FromObject(points)) != NULL)
        result = Py_BuildValue("(NNNNN)", PySequence_GetSlice(view, 0, (Py_ssize_t)xy.length * 16),
                               as_starts(&rings), as_starts(&parts), as_starts(&features),
                               as_bytes(&dimensions, 1));
done:
    Py_XDECREF(view);
    Py_XDECREF(points);
    free(rings.data);
    free(parts.data);
    free(features.data);
    free(dimensions.data);
    PyBuffer_Release(&values);
    PyBuffer_Release(&offsets);
    return result;
}

#endif
