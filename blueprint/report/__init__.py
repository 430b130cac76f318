"""Pictures of an answer: the map of one site check.

Input: a `Scene`, which is a `SiteCheck`, the site and the shapes behind its findings, and the
layers around the site, all in the city's CRS (metres, x easting, y northing). Output: one PNG of
1600 x 1200 pixels. Nothing is judged here: what the picture says stands in the document.
`maps` draws, `labels` words the findings and finds room for labels, `fonts` sees that every
character has a glyph.
"""
