"""Pages of answers: maps, reports, atlases, in PDF, Word and PNG; first, the map of a site check.

Input: a `Scene`, which is a `SiteCheck`, the site and the shapes behind its findings, and the
layers around the site, all in the city's CRS (metres, x easting, y northing). Output: one PNG of
1600 x 1200 pixels. Nothing is judged here: what the picture says stands in the document.

Algorithm: find the part of the city that shows the site with room on every side; turn all shapes
into points on the page; draw layers, overlaps and the site, the gravest on top; give every number
and name the first spot where it meets no other; write title, findings, legend and footer around.
The same scene gives the same picture, to the byte, as long as the font on the machine is the same.

The modules, each resting on those above it alone; `words` and `fonts` need no other:

    words      what outcomes and sizes are called, and their colours; without matplotlib
    fonts      a font that has every character of a text
    lettering  how wide a text runs, and where its lines break
    page       a white page in points: shapes and lines of text on it, and the PNG
    view       from the city's metres to the page's points
    signs      an overlap and a layer as the map and the legend show them
    furniture  frame, coordinates, scale bar, north arrow
    labels     room for numbers and names
    panel      title and footer
    legend     the signs on the map
    findings   what was found, as much as there is room for
    maps       `Scene`, `ContextLayer`, `draw_site_map`: the map, and the order of all this

A report on a check (选址合规性分析报告) is a document, a tree of sections and blocks in one
language, which every form is made of:

    document         `Report`: sections, tables, cards, pictures; `Tongue`: one of two languages
    boundary_points  the table of a site's corners (界址点成果表)
    site_figures     areas, lengths and figures in words
    site_findings    findings by control line, law, departments and conditions
    site_limits      what was not checked, how sure the verdict is, proof
    site_report      all of it in order
    typeset          PDF, by templates/report.typ
    word             Word

Importing this package loads none of them.
"""
