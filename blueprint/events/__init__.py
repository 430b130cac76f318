"""Who is told of what happens: messages signed, posted to webhooks, sent again.

Events themselves are written by `blueprint.outbox`, in the transaction of what they tell of.
"""
