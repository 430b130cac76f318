"""What a rule comes to on a site, in words and figures, a module for each kind.

Input: a rule, the features of its layers around the site, the desk (`blueprint.checks.desk`).
Output: `Answer`. Geometry and arithmetic are in `blueprint.rules.kinds` and `conflict`; here their
results become findings. An attribute, an answer or an overlap that is missing is told and
counts; it never clears.
"""
