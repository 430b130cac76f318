"""The clock (审批计时): from one log of events, every calibre of approval time side by side.

Input: the events of an approval item by their national status codes (BLZT 1 to 15), the limits of
the item, a calendar of workdays, and grounds on which time may be left out. Output: `ClockReport`:
deadlines and lights, calibres K1 to K8 with every interval that was counted or left out and why,
red flags. Algorithm: an event belongs to a day of the city's; all that is counted or left out is a
set of days, kept as spans that begin after one day and end with another, so that no day is counted
twice and sums are exact. Nothing here but `store` knows a database.
"""
