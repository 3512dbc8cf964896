"""A toy BuildKit over a toy filesystem: carries Dockerfiles out in memory, to compare an original with its rewriting.

It knows nothing of bakegen's effect model: Dockerfiles are only read and resolved by `bakegen.dockerfile`, and then
done, command by command, as the engine would. tests/engine/test_simulator.py holds it against the real engine.
"""
