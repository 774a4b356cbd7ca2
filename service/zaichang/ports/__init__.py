"""The protocols that each room needs from outside, and the rows that they carry.

Each method's docstring names its cost class. A caller plans with the class, and an adapter must keep to it:

* ``memory``: no disk and no network; may be called for every message.
* ``read``: a lookup by key or index, linear in the rows returned; one round trip where storage is remote.
* ``commit``: a durable write; milliseconds, and it waits for the writes before it.
* ``scan``: linear in everything that is kept; for start-up, commands and nightly tasks only.
* ``trip``: an answer of another process or host, or tens of milliseconds on a worker; a caller sets a time limit.
"""
