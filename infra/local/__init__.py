"""The product on one's own machine: real services and the same handlers, fed with the events AWS would send.

``python -m infra.local run`` starts everything and stays; the other commands speak to what it started.
"""
