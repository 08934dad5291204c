"""Measures the whole assistant, beside the flow: it builds and asks as any caller does.

``questions`` reads the files, ``corpus`` writes the sources and remembers where each given passage stands, ``run``
builds and asks, ``retrieval_measures``, ``answer_measures`` and ``confidence_measures`` hold the definitions,
``uncertainty`` the intervals, ``summary`` turns rows into measures, ``report`` and ``html_report`` show them,
``command`` ties it together.
"""
